package dev.keyturn.sidecar.render;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.Arrays;

/**
 * Writes Java's old store, as the JDK's {@code JavaKeyStore} and {@code KeyProtector} read it. By
 * hand for the reason that {@link Pkcs12} has.
 */
final class Jks {
  static final String KEY_ALIAS = "keyturn";

  private static final int MAGIC = 0xfeedfeed;
  private static final int VERSION = 2;
  private static final int KEY = 1;
  private static final int TRUSTED = 2;
  private static final int SALT_BYTES = 20;
  private static final byte[] PROTECTOR = Der.identifier("1.3.6.1.4.1.42.2.17.1.1");

  private Jks() {}

  /** The name of a certificate in a store without a key, from 0 on. */
  static String trustedAlias(int index) {
    return KEY_ALIAS + "-" + (index + 1);
  }

  static byte[] write(CertificateSet set, String password) throws GeneralSecurityException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeInt(MAGIC);
      out.writeInt(VERSION);
      if (set.hasKey()) {
        out.writeInt(1);
        head(KEY, KEY_ALIAS, set.certificates().getFirst(), out);
        byte[] key = protectedKey(set, password);
        out.writeInt(key.length);
        out.write(key);
        out.writeInt(set.certificates().size());
        for (X509Certificate certificate : set.certificates()) {
          certificate(certificate, out);
        }
      } else {
        out.writeInt(set.certificates().size());
        for (int i = 0; i < set.certificates().size(); i++) {
          head(TRUSTED, trustedAlias(i), set.certificates().get(i), out);
          certificate(set.certificates().get(i), out);
        }
      }
      MessageDigest digest = sha1(password);
      digest.update("Mighty Aphrodite".getBytes(StandardCharsets.UTF_8)); // the JDK's own words
      digest.update(bytes.toByteArray());
      out.write(digest.digest());
    } catch (IOException e) {
      throw new AssertionError("a byte array can be written to", e);
    }
    return bytes.toByteArray();
  }

  /** The time of the entry is that of its certificate: the same each time. */
  private static void head(int tag, String alias, X509Certificate certificate, DataOutputStream out)
      throws IOException {
    out.writeInt(tag);
    out.writeUTF(alias);
    out.writeLong(certificate.getNotBefore().toInstant().toEpochMilli());
  }

  private static void certificate(X509Certificate certificate, DataOutputStream out)
      throws IOException, GeneralSecurityException {
    byte[] encoded = certificate.getEncoded();
    out.writeUTF("X.509");
    out.writeInt(encoded.length);
    out.write(encoded);
  }

  /** Salt, the key XORed with a chain of SHA-1 over the password, and a checksum of both. */
  private static byte[] protectedKey(CertificateSet set, String password)
      throws GeneralSecurityException {
    byte[] key = set.key();
    byte[] result = Arrays.copyOf(CertificateFiles.salt("jks", set), SALT_BYTES + key.length + 20);
    byte[] pad = Arrays.copyOf(result, SALT_BYTES);
    for (int i = 0; i < key.length; i++) {
      if (i % pad.length == 0) {
        MessageDigest digest = sha1(password);
        digest.update(pad);
        pad = digest.digest();
      }
      result[SALT_BYTES + i] = (byte) (key[i] ^ pad[i % pad.length]);
    }
    MessageDigest digest = sha1(password);
    digest.update(key);
    System.arraycopy(digest.digest(), 0, result, SALT_BYTES + key.length, 20);
    return Der.sequence(
        Der.sequence(PROTECTOR, Der.tagged(Der.NULL)), Der.tagged(Der.OCTET_STRING, result));
  }

  private static MessageDigest sha1(String password) throws GeneralSecurityException {
    MessageDigest digest = MessageDigest.getInstance("SHA-1");
    digest.update(password.getBytes(StandardCharsets.UTF_16BE));
    return digest;
  }
}
