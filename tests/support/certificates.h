#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

namespace orderflow {

/// A certification authority made on the spot, and server contexts with certificates of its making.
class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name = "orderflow test root")
      : key_(EVP_EC_gen("P-256")), certificate_(make(name, key_, "")) {}

  [[nodiscard]] std::string root_pem() const { return pem(certificate_); }

  /// A TLS server whose certificate is for `names`: "IP:127.0.0.1", "DNS:localhost".
  [[nodiscard]] boost::asio::ssl::context server(const std::string& names) const {
    const Key key(EVP_EC_gen("P-256"));
    const std::string certificate = pem(make("orderflow test server", key, names));
    boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
    context.use_certificate_chain(boost::asio::buffer(certificate));
    SSL_CTX_use_PrivateKey(context.native_handle(), key.get());
    return context;
  }

 private:
  template <auto Free>
  struct Freed {
    void operator()(auto* object) const { Free(object); }
  };
  using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
  using Certificate = std::unique_ptr<X509, Freed<X509_free>>;

  static std::string pem(const Certificate& certificate) {
    const std::unique_ptr<BIO, Freed<BIO_free>> out(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(out.get(), certificate.get());
    char* data = nullptr;
    const long length = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(length)};
  }

  static void extend(const Certificate& certificate, int nid, const std::string& value) {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }

  /// The root itself where there are no `names`.
  [[nodiscard]] Certificate make(const std::string& subject, const Key& key,
                                 const std::string& names) const {
    Certificate certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), names.empty() ? 1 : 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* const name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(subject.c_str()), -1, -1, 0);
    if (names.empty()) {
      X509_set_issuer_name(certificate.get(), name);
      extend(certificate, NID_basic_constraints, "critical,CA:TRUE");
    } else {
      X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
      extend(certificate, NID_subject_alt_name, names);
    }
    X509_sign(certificate.get(), key_.get(), EVP_sha256());
    return certificate;
  }

  Key key_;
  Certificate certificate_;
};

}  // namespace orderflow
