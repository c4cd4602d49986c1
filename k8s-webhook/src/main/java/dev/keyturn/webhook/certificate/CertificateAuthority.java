package dev.keyturn.webhook.certificate;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import javax.security.auth.x500.X500Principal;

/**
 * A certificate authority for servers' certificates (RFC 5280), all keys EC P-256.
 *
 * @param certificate signed by itself
 * @param key the certificate's private key
 */
record CertificateAuthority(X509Certificate certificate, PrivateKey key) {
  /** Clocks of a cluster differ a little: what was made here may be looked at earlier there. */
  private static final Duration SKEW = Duration.ofMinutes(5);

  /** {@code ecdsa-with-SHA256} (RFC 5758). */
  private static final byte[] SIGNATURE = Der.sequence(Der.identifier("1.2.840.10045.4.3.2"));

  private static final String SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
  private static final String KEY_USAGE = "2.5.29.15";
  private static final String SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
  private static final String BASIC_CONSTRAINTS = "2.5.29.19";
  private static final String AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
  private static final String EXTENDED_KEY_USAGE = "2.5.29.37";
  private static final String SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";

  /** {@code dNSName} among the kinds of names (RFC 5280, section 4.2.1.6). */
  private static final int DNS_NAME = 2;

  private static final String NAME = "CN=Keyturn webhook CA ";

  private static final SecureRandom RANDOM = new SecureRandom();

  /** A new one. */
  static CertificateAuthority make(Instant now, Duration life) throws CertificateException {
    try {
      KeyPair keys = newKeys();
      // A name of its own, so that two authorities can be told apart while both are trusted.
      var name = new X500Principal(NAME + serial().toString(36));
      byte[] extensions =
          Der.sequence(
              // For servers' certificates alone, not for other authorities.
              extension(
                  BASIC_CONSTRAINTS, true, Der.sequence(Der.yes(), Der.integer(BigInteger.ZERO))),
              // keyCertSign and cRLSign: bits 5 and 6.
              extension(KEY_USAGE, true, Der.bits(1, new byte[] {0b0000_0110})),
              extension(SUBJECT_KEY_IDENTIFIER, false, Der.octets(identifier(keys.getPublic()))));
      return new CertificateAuthority(
          sign(keys.getPrivate(), name, name, keys.getPublic(), now, life, extensions),
          keys.getPrivate());
    } catch (GeneralSecurityException e) {
      throw new CertificateException("cannot make a certificate authority", e);
    }
  }

  /**
   * A new key and a certificate for it.
   *
   * @param names DNS names of the server
   */
  ServerCertificate certify(List<String> names, Instant now, Duration life)
      throws CertificateException {
    try {
      KeyPair keys = newKeys();
      byte[][] alternatives =
          names.stream()
              .map(name -> Der.implicit(DNS_NAME, name.getBytes(StandardCharsets.US_ASCII)))
              .toArray(byte[][]::new);
      byte[] extensions =
          Der.sequence(
              extension(BASIC_CONSTRAINTS, true, Der.sequence()),
              // digitalSignature: bit 0.
              extension(KEY_USAGE, true, Der.bits(7, new byte[] {(byte) 0b1000_0000})),
              extension(
                  EXTENDED_KEY_USAGE, false, Der.sequence(Der.identifier(SERVER_AUTHENTICATION))),
              extension(SUBJECT_ALTERNATIVE_NAME, false, Der.sequence(alternatives)),
              extension(SUBJECT_KEY_IDENTIFIER, false, Der.octets(identifier(keys.getPublic()))),
              extension(
                  AUTHORITY_KEY_IDENTIFIER,
                  false,
                  Der.sequence(Der.implicit(0, identifier(certificate.getPublicKey())))));
      X509Certificate server =
          sign(
              key,
              certificate.getSubjectX500Principal(),
              new X500Principal("CN=Keyturn webhook"),
              keys.getPublic(),
              now,
              life,
              extensions);
      return new ServerCertificate(keys.getPrivate(), List.of(server));
    } catch (GeneralSecurityException e) {
      throw new CertificateException("cannot make a server's certificate", e);
    }
  }

  /** Whether a certificate is called like those that are made here. */
  static boolean isOne(X509Certificate certificate) {
    return certificate.getSubjectX500Principal().getName().startsWith(NAME);
  }

  /** The DNS names of a certificate, in its order. */
  static List<String> namesOf(X509Certificate certificate) throws CertificateException {
    try {
      var names = certificate.getSubjectAlternativeNames();
      return names == null
          ? List.of()
          : names.stream()
              .filter(name -> name.getFirst().equals(DNS_NAME))
              .map(name -> (String) name.getLast())
              .toList();
    } catch (CertificateParsingException e) {
      throw new CertificateException("the certificate's names can't be read", e);
    }
  }

  /** RFC 5280, section 4.1. */
  private static X509Certificate sign(
      PrivateKey signer,
      X500Principal issuer,
      X500Principal subject,
      PublicKey publicKey,
      Instant now,
      Duration life,
      byte[] extensions)
      throws GeneralSecurityException {
    byte[] toBeSigned =
        Der.sequence(
            Der.explicit(0, Der.integer(BigInteger.TWO)), // version 3
            Der.integer(serial()),
            SIGNATURE,
            issuer.getEncoded(),
            Der.sequence(Der.time(now.minus(SKEW)), Der.time(now.plus(life))),
            subject.getEncoded(),
            publicKey.getEncoded(),
            Der.explicit(3, extensions));
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(signer);
    signature.update(toBeSigned);
    byte[] certificate = Der.sequence(toBeSigned, SIGNATURE, Der.bits(0, signature.sign()));
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(certificate));
  }

  private static byte[] extension(String identifier, boolean critical, byte[] value) {
    byte[] name = Der.identifier(identifier);
    // Not critical is the default, which DER leaves out.
    return critical
        ? Der.sequence(name, Der.yes(), Der.octets(value))
        : Der.sequence(name, Der.octets(value));
  }

  /** 160 bits of a SHA-256 (RFC 7093, section 2), of the whole public key. */
  private static byte[] identifier(PublicKey key) throws GeneralSecurityException {
    return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(key.getEncoded()), 20);
  }

  private static KeyPair newKeys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  /** Positive, and at most 20 bytes (RFC 5280, section 4.1.2.2). */
  private static BigInteger serial() {
    return new BigInteger(127, RANDOM).add(BigInteger.ONE);
  }

  /** Without the key. */
  @Override
  public String toString() {
    return "CertificateAuthority[" + certificate.getSubjectX500Principal() + "]";
  }
}
