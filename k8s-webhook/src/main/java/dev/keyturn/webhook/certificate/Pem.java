package dev.keyturn.webhook.certificate;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;

/** Keys and certificates as text (RFC 7468, and the older forms of a key that OpenSSL writes). */
final class Pem {
  private Pem() {}

  /**
   * Reads a certificate with its key.
   *
   * @throws CertificateException if one is missing or broken, or they don't belong together
   */
  static ServerCertificate pair(String certificates, String key) throws CertificateException {
    List<X509Certificate> chain = certificates(certificates);
    PrivateKey privateKey = privateKey(key);
    if (!belongTogether(privateKey, chain.getFirst().getPublicKey())) {
      throw new CertificateException("the key is not that of the first certificate");
    }
    return new ServerCertificate(privateKey, chain);
  }

  /** All certificates of a text, at least one. */
  static List<X509Certificate> certificates(String text) throws CertificateException {
    var certificates = new ArrayList<X509Certificate>();
    var converter = new JcaX509CertificateConverter();
    try (var parser = new PEMParser(new StringReader(text))) {
      for (Object found = parser.readObject(); found != null; found = parser.readObject()) {
        if (found instanceof X509CertificateHolder holder) {
          certificates.add(converter.getCertificate(holder));
        }
      }
    } catch (IOException | RuntimeException | java.security.cert.CertificateException e) {
      throw new CertificateException("the certificates are no certificates in PEM form", e);
    }
    if (certificates.isEmpty()) {
      throw new CertificateException("there is no certificate in PEM form");
    }
    return certificates;
  }

  /** The one key of a text: PKCS#8, or what OpenSSL wrote before ({@code EC}, {@code RSA}). */
  static PrivateKey privateKey(String text) throws CertificateException {
    var converter = new JcaPEMKeyConverter();
    try (var parser = new PEMParser(new StringReader(text))) {
      for (Object found = parser.readObject(); found != null; found = parser.readObject()) {
        if (found instanceof PrivateKeyInfo key) {
          return converter.getPrivateKey(key);
        }
        if (found instanceof PEMKeyPair pair) {
          return converter.getPrivateKey(pair.getPrivateKeyInfo());
        }
      }
    } catch (IOException | RuntimeException e) {
      // Without the cause: a parser may quote what it read.
      throw new CertificateException(
          "the key is no private key in PEM form (" + e.getClass().getSimpleName() + ")");
    }
    throw new CertificateException("there is no unencrypted private key in PEM form");
  }

  static String write(List<X509Certificate> certificates) {
    var text = new StringWriter();
    try (var writer = new JcaPEMWriter(text)) {
      for (X509Certificate certificate : certificates) {
        writer.writeObject(certificate);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a StringWriter throws none
    }
    return text.toString();
  }

  /** As PKCS#8, the one form that says everything about the key. */
  static String write(PrivateKey key) {
    var text = new StringWriter();
    try (var writer = new JcaPEMWriter(text)) {
      writer.writeObject(new JcaPKCS8Generator(key, null));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a StringWriter throws none
    }
    return text.toString();
  }

  private static boolean belongTogether(PrivateKey key, PublicKey publicKey) {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "EC", "ECDSA" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> key.getAlgorithm(); // Ed25519 and such are their own signature's name
        };
    byte[] text = {1, 2, 3, 4};
    try {
      Signature signer = Signature.getInstance(algorithm);
      signer.initSign(key);
      signer.update(text);
      byte[] signature = signer.sign();
      signer.initVerify(publicKey);
      signer.update(text);
      return signer.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
