#include "proof/disk/lying_disk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "adapters/sqlite/engine/sqlite_connection.h"
#include "support/temporary_folder.h"

namespace orderflow::world {
namespace {

using sqlite::SqliteConnection;
using sqlite::SqliteError;

class LyingDiskTest : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "test.db"; }
  [[nodiscard]] std::string log() const { return file().string() + "-wal"; }

  /// A table with a row, all of it safely on the disk.
  void prepare() {
    SqliteConnection db(file(), {});
    db.execute("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (0)");
  }

  /// What `SELECT count(*)` says after a power cut; nullopt where the file is damaged.
  std::optional<std::int64_t> rows_after(const Image& image) {
    disk_.start(image);
    try {
      SqliteConnection db(file(), {});
      auto check = db.prepare("PRAGMA integrity_check");
      check.step();
      if (check.text(0) != "ok") return std::nullopt;
      check.reset();
      auto count = db.prepare("SELECT count(*) FROM t");
      count.step();
      return count.integer(0);
    } catch (const SqliteError&) {
      return std::nullopt;
    }
  }

  TemporaryFolder folder_;
  LyingDisk disk_;
};

TEST_F(LyingDiskTest, ACommitWithoutASyncIsLostOrTorn) {
  prepare();
  std::vector<Image> images;
  {
    SqliteConnection db(file(), {});
    db.execute("PRAGMA synchronous=OFF; INSERT INTO t VALUES (1)");
    images.push_back(disk_.surviving(Survival::All, 0));
    images.push_back(disk_.surviving(Survival::None, 0));
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      images.push_back(disk_.surviving(Survival::Torn, seed));
    }
    disk_.stop();
  }
  EXPECT_EQ(rows_after(images[0]), 2);
  EXPECT_EQ(rows_after(images[1]), 1);
  std::set<std::optional<std::int64_t>> seen;
  for (const Image& image : images) seen.insert(rows_after(image));
  EXPECT_TRUE(seen.contains(1) && seen.contains(2));
}

TEST_F(LyingDiskTest, AfterAStopNothingGetsInAndEveryCallFails) {
  prepare();
  disk_.start(disk_.surviving(Survival::All, 0));
  SqliteConnection db(file(), {});
  disk_.fail_at(std::ssize(disk_.steps()) + 1, DiskFault::Stop);
  EXPECT_THROW(db.execute("INSERT INTO t VALUES (1)"), SqliteError);
  EXPECT_TRUE(disk_.stopped());
  const Image before = disk_.surviving(Survival::All, 0);
  EXPECT_THROW(db.execute("INSERT INTO t VALUES (2)"), SqliteError);
  EXPECT_EQ(disk_.surviving(Survival::All, 0), before);
}

TEST_F(LyingDiskTest, FailsTheStepThatItWasToldToAndNoOther) {
  prepare();
  for (const auto fault : {DiskFault::IoError, DiskFault::Full, DiskFault::ShortWrite,
                           DiskFault::LostSync, DiskFault::StaysFull}) {
    disk_.start(disk_.surviving(Survival::All, 0));
    SqliteConnection db(file(), {});
    disk_.fail_at(std::ssize(disk_.steps()) + 1, fault);
    EXPECT_THROW(db.execute("INSERT INTO t VALUES (1)"), SqliteError);
    EXPECT_TRUE(disk_.failed());
    if (fault == DiskFault::StaysFull) {
      EXPECT_THROW(db.execute("INSERT INTO t VALUES (1)"), SqliteError);
      disk_.free_space();
    }
    db.execute("DELETE FROM t; INSERT INTO t VALUES (1)");
    auto count = db.prepare("SELECT count(*) FROM t");
    count.step();
    EXPECT_EQ(count.integer(0), 1);
  }
}

TEST_F(LyingDiskTest, WhatAFailedSyncLostStaysLostAlsoAfterOneThatSucceeds) {
  DiskFiles files;
  const auto file = files.create("f");
  files.sync_folder();
  const Bytes one{1, 1, 1};
  const Bytes two{2};
  files.write(*file, 0, one);
  files.lose(*file);
  files.write(*file, 2, two);
  files.sync(*file);
  EXPECT_EQ(file->now, (Bytes{1, 1, 2}));
  EXPECT_EQ(files.surviving(Survival::None, 0, "\n").at("f"), (Bytes{0, 0, 2}));
}

TEST_F(LyingDiskTest, ANameIsThereOrGoneForGoodOnlyAfterASyncOfItsFolder) {
  DiskFiles files(Image{{"f", {1}}});
  files.remove("f");
  EXPECT_EQ(files.find("f"), nullptr);
  EXPECT_EQ(files.surviving(Survival::None, 0, "\n").at("f"), Bytes{1});
  const auto file = files.create("f");
  const Bytes two{2};
  files.write(*file, 0, two);
  files.sync(*file);
  files.create("g");
  EXPECT_EQ(files.surviving(Survival::None, 0, "\n"), (Image{{"f", {1}}}));
  files.sync_folder();
  EXPECT_EQ(files.surviving(Survival::None, 0, "\n"), (Image{{"f", {2}}, {"g", {}}}));
}

TEST_F(LyingDiskTest, TheFirstSyncOfALogSyncsTheFolderAndThatOfADatabaseDoesNot) {
  const auto sync_new = [this](const char* path, int flags) {
    disk_.start(Image());
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    std::vector<char> memory(static_cast<std::size_t>(vfs->szOsFile));
    auto* opened = reinterpret_cast<sqlite3_file*>(memory.data());
    EXPECT_EQ(vfs->xOpen(vfs, path, opened, flags | SQLITE_OPEN_CREATE, nullptr), SQLITE_OK);
    opened->pMethods->xSync(opened, SQLITE_SYNC_NORMAL);
    opened->pMethods->xClose(opened);
    return disk_.surviving(Survival::None, 0);
  };
  EXPECT_EQ(sync_new("/f-wal", SQLITE_OPEN_WAL), (Image{{"/f-wal", {}}}));
  EXPECT_EQ(sync_new("/f-journal", SQLITE_OPEN_MAIN_JOURNAL), (Image{{"/f-journal", {}}}));
  EXPECT_EQ(sync_new("/f", SQLITE_OPEN_MAIN_DB), Image());
}

TEST_F(LyingDiskTest, FailsAReadAndAnOpen) {
  prepare();
  disk_.start(disk_.surviving(Survival::All, 0));
  disk_.fail_at(1, DiskFault::IoError);
  EXPECT_THROW(SqliteConnection(file(), {}), SqliteError);
  EXPECT_EQ(disk_.steps().front(), DiskStep::Open);
  SqliteConnection db(file(), {});
  disk_.fail_at(1, DiskFault::IoError);
  EXPECT_THROW(db.execute("SELECT count(*) FROM t"), SqliteError);
  EXPECT_EQ(disk_.steps().back(), DiskStep::Read);
}

TEST_F(LyingDiskTest, TearsAWriteBetweenItsSectors) {
  DiskFiles files;
  const auto file = files.create("f");
  const Bytes page(4096, 7);
  files.write(*file, 100, page);
  bool torn = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Image image = files.surviving(Survival::Torn, seed, "\n");
    EXPECT_EQ(image, files.surviving(Survival::Torn, seed, "\n"));
    const auto at = image.find("f");
    if (at == image.end()) continue;
    const Bytes& bytes = at->second;
    const auto kept = std::count(bytes.begin(), bytes.end(), 7);
    torn = torn || (kept > 0 && kept < 4096);
    EXPECT_TRUE(kept % 512 == 0 || kept % 512 == 412 || kept % 512 == 100) << kept;
  }
  EXPECT_TRUE(torn);
}

}  // namespace
}  // namespace orderflow::world
