package dev.keyturn.webhook.certificate;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Keys and certificates as text (RFC 7468, and the older forms of a key that OpenSSL and Go write).
 */
final class Pem {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

  private Pem() {}

  /**
   * Reads a certificate with its key.
   *
   * @throws CertificateException if one is missing or broken, or they don't belong together
   */
  static ServerCertificate pair(String certificates, String key) throws CertificateException {
    List<X509Certificate> chain = certificates(certificates);
    PublicKey publicKey = chain.getFirst().getPublicKey();
    PrivateKey privateKey = privateKey(key, publicKey);
    if (!belongTogether(privateKey, publicKey)) {
      throw new CertificateException("the key is not that of the first certificate");
    }
    return new ServerCertificate(privateKey, chain);
  }

  /** All certificates of a text, at least one. */
  static List<X509Certificate> certificates(String text) throws CertificateException {
    var certificates = new ArrayList<X509Certificate>();
    Matcher block = BLOCK.matcher(text);
    while (block.find()) {
      if (block.group(1).equals("CERTIFICATE")) {
        certificates.add(certificate(bytes(block)));
      }
    }
    if (certificates.isEmpty()) {
      throw new CertificateException("there is no certificate in PEM form");
    }
    return certificates;
  }

  private static X509Certificate certificate(byte[] bytes) throws CertificateException {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(bytes));
    } catch (java.security.cert.CertificateException e) {
      throw new CertificateException("a certificate is broken", e);
    }
  }

  /**
   * The one key of a text, unencrypted.
   *
   * @param publicKey the other half, which says what kind of key this is
   */
  static PrivateKey privateKey(String text, PublicKey publicKey) throws CertificateException {
    Matcher block = BLOCK.matcher(text);
    while (block.find()) {
      byte[] key = bytes(block);
      switch (block.group(1)) {
        case "PRIVATE KEY" -> {
          return privateKey(key, publicKey);
        }
        case "EC PRIVATE KEY", "RSA PRIVATE KEY" -> {
          // The same key without the wrapper that names its kind (RFC 5208, section 5), as the
          // public half has it.
          byte[] kind = Der.firstOf(publicKey.getEncoded());
          return privateKey(
              Der.sequence(Der.integer(BigInteger.ZERO), kind, Der.octets(key)), publicKey);
        }
        default -> {} // such as EC PARAMETERS, which OpenSSL puts in front
      }
    }
    throw new CertificateException("there is no unencrypted private key in PEM form");
  }

  private static PrivateKey privateKey(byte[] pkcs8, PublicKey publicKey)
      throws CertificateException {
    try {
      return KeyFactory.getInstance(publicKey.getAlgorithm())
          .generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    } catch (GeneralSecurityException e) {
      // Without the cause: it may quote what it read.
      throw new CertificateException(
          "the private key is broken, or of another kind than the certificate's");
    }
  }

  private static byte[] bytes(Matcher block) throws CertificateException {
    try {
      return Base64.getMimeDecoder().decode(block.group(2));
    } catch (IllegalArgumentException e) {
      // Without the cause: it quotes what it read.
      throw new CertificateException("a PEM block is not base64");
    }
  }

  static String write(List<X509Certificate> certificates) {
    var text = new StringBuilder();
    for (X509Certificate certificate : certificates) {
      try {
        text.append(block("CERTIFICATE", certificate.getEncoded()));
      } catch (CertificateEncodingException e) {
        throw new IllegalArgumentException("the certificate has no encoding", e);
      }
    }
    return text.toString();
  }

  /** As PKCS#8, the one form that says everything about the key. */
  static String write(PrivateKey key) {
    return block("PRIVATE KEY", key.getEncoded());
  }

  private static String block(String label, byte[] bytes) {
    byte[] newline = {'\n'};
    String text = Base64.getMimeEncoder(64, newline).encodeToString(bytes);
    return "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n";
  }

  private static boolean belongTogether(PrivateKey key, PublicKey publicKey) {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> key.getAlgorithm(); // EdDSA is its own signature's name
        };
    byte[] text = "any text".getBytes(StandardCharsets.US_ASCII);
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
