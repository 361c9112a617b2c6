#include "adapters/sqlite/engine/migrations.h"

#include <gmock/gmock.h>

#include <array>

#include "support/temporary_folder.h"

namespace orderflow::sqlite {
namespace {

constexpr std::array<Migration, 1> kFirst = {"CREATE TABLE t (a INTEGER)"};
constexpr std::array<Migration, 2> kSecond = {kFirst[0], "ALTER TABLE t ADD COLUMN b INTEGER"};
constexpr std::array<Migration, 3> kBroken = {kSecond[0], kSecond[1],
                                              "DROP TABLE t; CREATE NONSENSE"};

class MigrationsTest : public testing::Test {
 protected:
  std::int64_t integer(std::string_view sql) {
    Statement statement = db_.prepare(sql);
    statement.step();
    return statement.integer(0);
  }

  TemporaryFolder folder_;
  SqliteConnection db_{folder_.path() / "test.db", {}};
};

TEST_F(MigrationsTest, RunOnlyThoseThatAreMissingAndKeepTheRows) {
  EXPECT_EQ(db_.user_version(), 0);
  migrate(db_, kFirst);
  db_.execute("INSERT INTO t VALUES (7)");
  migrate(db_, kFirst);
  EXPECT_EQ(db_.user_version(), 1);
  migrate(db_, kSecond);
  EXPECT_EQ(db_.user_version(), 2);
  EXPECT_EQ(integer("SELECT a FROM t WHERE b IS NULL"), 7);
}

TEST_F(MigrationsTest, RefuseADatabaseOfANewerVersionAndLeaveItAsItWas) {
  migrate(db_, kSecond);
  try {
    migrate(db_, kFirst);
    FAIL() << "version 2 was accepted";
  } catch (const SqliteError& refused) {
    EXPECT_EQ(refused.error().code, ErrorCode::Corrupt);
    EXPECT_EQ(refused.error().detail,
              db_.file() + " was written by a newer orderflow (schema 2, this one knows 1)");
  }
  EXPECT_EQ(db_.user_version(), 2);
  db_.execute("INSERT INTO t (a, b) VALUES (1, 2)");
}

TEST_F(MigrationsTest, ChangeNothingWhereOneOfThemFails) {
  migrate(db_, kFirst);
  db_.execute("INSERT INTO t VALUES (7)");
  EXPECT_THROW(migrate(db_, kBroken), SqliteError);
  EXPECT_EQ(db_.user_version(), 1);
  EXPECT_EQ(integer("SELECT a FROM t"), 7);
}

}  // namespace
}  // namespace orderflow::sqlite
