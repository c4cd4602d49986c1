package dev.keyturn.sidecar.render;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.PBEParameterSpec;

/**
 * Writes PKCS#12 stores (RFC 7292): the key encrypted (PBES2: AES-256, HMAC-SHA-256), the
 * certificates in clear, all under an HMAC-SHA-256, as OpenSSL 3 and Java 16 do (read since Java
 * 8u301). By hand, since {@code KeyStore} draws salts and writes the time, so that no two of its
 * files are the same.
 */
final class Pkcs12 {
  /** OpenSSL's. The key is as safe as the password, and that stands in the plan. */
  private static final int ITERATIONS = 2048;

  private static final byte[] DATA = Der.identifier("1.2.840.113549.1.7.1");
  private static final byte[] KEY_BAG = Der.identifier("1.2.840.113549.1.12.10.1.2");
  private static final byte[] CERTIFICATE_BAG = Der.identifier("1.2.840.113549.1.12.10.1.3");
  private static final byte[] X509 = Der.identifier("1.2.840.113549.1.9.22.1");
  private static final byte[] FRIENDLY_NAME = Der.identifier("1.2.840.113549.1.9.20");
  private static final byte[] LOCAL_KEY_ID = Der.identifier("1.2.840.113549.1.9.21");
  private static final byte[] PBES2 = Der.identifier("1.2.840.113549.1.5.13");
  private static final byte[] SHA_256 = Der.identifier("2.16.840.1.101.3.4.2.1");

  /** Java's mark of a certificate to be trusted, with what it is trusted for: anything. */
  private static final byte[] TRUSTED = Der.identifier("2.16.840.1.113894.746875.1.1");

  private static final byte[] ANY_USAGE = Der.identifier("2.5.29.37.0");

  private Pkcs12() {}

  static byte[] write(CertificateSet set, String password) throws GeneralSecurityException {
    byte[][] bags = new byte[set.certificates().size()][];
    for (int i = 0; i < bags.length; i++) {
      bags[i] =
          certificate(
              set.certificates().get(i),
              !set.hasKey()
                  ? Der.tagged(Der.SET, name(Jks.trustedAlias(i)), attribute(TRUSTED, ANY_USAGE))
                  : i == 0 ? ofTheKey() : new byte[0]);
    }
    byte[] certificates = content(Der.sequence(bags));
    byte[] safe =
        set.hasKey()
            ? Der.sequence(content(Der.sequence(key(set, password))), certificates)
            : Der.sequence(certificates);
    return Der.sequence(Der.integer(3), content(safe), mac(safe, set, password));
  }

  private static byte[] content(byte[] data) {
    return Der.sequence(DATA, Der.tagged(Der.EXPLICIT_0, Der.tagged(Der.OCTET_STRING, data)));
  }

  private static byte[] certificate(X509Certificate certificate, byte[] attributes)
      throws GeneralSecurityException {
    byte[] octets = Der.tagged(Der.OCTET_STRING, certificate.getEncoded());
    byte[] bag = Der.sequence(X509, Der.tagged(Der.EXPLICIT_0, octets));
    return Der.sequence(CERTIFICATE_BAG, Der.tagged(Der.EXPLICIT_0, bag), attributes);
  }

  private static byte[] key(CertificateSet set, String password) throws GeneralSecurityException {
    byte[] random = CertificateFiles.salt("key", set);
    PBEParameterSpec parameters =
        new PBEParameterSpec(
            Arrays.copyOf(random, 16), ITERATIONS, new IvParameterSpec(random, 16, 16));
    Cipher cipher = Cipher.getInstance("PBEWithHmacSHA256AndAES_256");
    cipher.init(Cipher.ENCRYPT_MODE, secret(cipher.getAlgorithm(), password), parameters);
    byte[] encrypted = Der.tagged(Der.OCTET_STRING, cipher.doFinal(set.key()));
    try {
      byte[] algorithm = Der.sequence(PBES2, cipher.getParameters().getEncoded());
      byte[] bag = Der.tagged(Der.EXPLICIT_0, Der.sequence(algorithm, encrypted));
      return Der.sequence(KEY_BAG, bag, ofTheKey());
    } catch (IOException e) {
      throw new AssertionError("parameters of the JDK's own have an encoding", e);
    }
  }

  /** The attributes by which the key and its certificate find each other. */
  private static byte[] ofTheKey() {
    return Der.tagged(
        Der.SET,
        name(Jks.KEY_ALIAS),
        attribute(LOCAL_KEY_ID, Der.tagged(Der.OCTET_STRING, new byte[] {1})));
  }

  private static byte[] name(String alias) {
    return attribute(
        FRIENDLY_NAME, Der.tagged(Der.BMP_STRING, alias.getBytes(StandardCharsets.UTF_16BE)));
  }

  private static byte[] attribute(byte[] type, byte[] value) {
    return Der.sequence(type, Der.tagged(Der.SET, value));
  }

  private static byte[] mac(byte[] safe, CertificateSet set, String password)
      throws GeneralSecurityException {
    byte[] salt = CertificateFiles.salt("mac", set);
    Mac mac = Mac.getInstance("HmacPBESHA256");
    mac.init(secret("PBE", password), new PBEParameterSpec(salt, ITERATIONS));
    byte[] algorithm = Der.sequence(SHA_256, Der.tagged(Der.NULL));
    byte[] digest = Der.tagged(Der.OCTET_STRING, mac.doFinal(safe));
    return Der.sequence(
        Der.sequence(algorithm, digest),
        Der.tagged(Der.OCTET_STRING, salt),
        Der.integer(ITERATIONS));
  }

  private static SecretKey secret(String algorithm, String password)
      throws GeneralSecurityException {
    return SecretKeyFactory.getInstance(algorithm)
        .generateSecret(new PBEKeySpec(password.toCharArray()));
  }
}
