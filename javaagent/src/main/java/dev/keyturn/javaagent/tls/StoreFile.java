package dev.keyturn.javaagent.tls;

import dev.keyturn.mount.MountException;
import dev.keyturn.mount.MountedFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The certificates of one file of format {@code pem}, {@code pkcs12} or {@code jks}, as
 * docs/mount.md has them: they can be read without a password. The private key is read when it is
 * asked for.
 */
final class StoreFile {
  private static final String BEGIN = "-----BEGIN ";
  private static final String END = "-----END ";

  private final MountedFile file;

  /** Null if it is PEM. */
  private final @Nullable KeyStore store;

  /** The alias of the private key, or null: then it is a trust store. */
  private final @Nullable String alias;

  /** With a private key its chain, its own certificate first; else what the trust store holds. */
  private final List<X509Certificate> certificates = new ArrayList<>();

  /**
   * Reads the certificates.
   *
   * @throws MountException if the file could not be read
   * @throws GeneralSecurityException if it is not what its format says
   */
  StoreFile(MountedFile file) throws MountException, GeneralSecurityException, IOException {
    this.file = file;
    byte[] content = file.bytes();
    try {
      if (content.length > 0 && content[0] == '-') {
        store = null;
        alias = pem(content, "PRIVATE KEY").isEmpty() ? null : "";
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        for (byte[] der : pem(content, "CERTIFICATE")) {
          certificates.add(
              (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
        }
      } else {
        // JKS starts with 0xfeedfeed, PKCS#12 with the tag of an ASN.1 sequence.
        store = KeyStore.getInstance(content[0] == (byte) 0xfe ? "JKS" : "PKCS12");
        store.load(new ByteArrayInputStream(content), null);
        String keyAlias = null;
        for (String name : Collections.list(store.aliases())) {
          if (store.isKeyEntry(name)) {
            keyAlias = name;
            certificates.clear();
            for (Certificate certificate : store.getCertificateChain(name)) {
              certificates.add((X509Certificate) certificate);
            }
            break;
          }
          certificates.add((X509Certificate) store.getCertificate(name));
        }
        alias = keyAlias;
      }
    } finally {
      Arrays.fill(content, (byte) 0);
    }
  }

  MountedFile file() {
    return file;
  }

  /** The certificate of the private key; null if there is no key in it. */
  @Nullable X509Certificate leaf() {
    return alias == null || certificates.isEmpty() ? null : certificates.get(0);
  }

  /** The private key's certificate and its issuers. */
  X509Certificate[] chain() {
    return certificates.toArray(new X509Certificate[0]);
  }

  /** What a trust store holds; with a private key, nothing. */
  Set<X509Certificate> trusted() {
    return alias == null ? new HashSet<>(certificates) : Collections.<X509Certificate>emptySet();
  }

  /**
   * The private key.
   *
   * @param passwords to try in turn; PEM needs none
   * @throws GeneralSecurityException if none of them opens it
   */
  PrivateKey key(char[]... passwords) throws MountException, GeneralSecurityException {
    if (store == null) {
      byte[] content = file.bytes();
      List<byte[]> keys = pem(content, "PRIVATE KEY");
      Arrays.fill(content, (byte) 0);
      try {
        return KeyFactory.getInstance(chain()[0].getPublicKey().getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(keys.get(0)));
      } finally {
        Arrays.fill(keys.get(0), (byte) 0);
      }
    }
    GeneralSecurityException failure = new UnrecoverableKeyException();
    for (char[] password : passwords) {
      try {
        return (PrivateKey) store.getKey(alias, password);
      } catch (UnrecoverableKeyException e) {
        failure = e;
      }
    }
    throw failure;
  }

  /** The bytes between the lines that begin and end something of that kind. RFC 7468. */
  private static List<byte[]> pem(byte[] content, String kind) {
    List<byte[]> found = new ArrayList<>();
    byte[] begin = ascii(BEGIN + kind + "-----");
    byte[] end = ascii(END + kind + "-----");
    int at = 0;
    while ((at = indexOf(content, begin, at)) >= 0) {
      int from = at + begin.length;
      int to = indexOf(content, end, from);
      if (to < 0) {
        throw new IllegalArgumentException("no line that ends " + kind);
      }
      byte[] base64 = Arrays.copyOfRange(content, from, to);
      found.add(Base64.getMimeDecoder().decode(base64));
      Arrays.fill(base64, (byte) 0);
      at = to;
    }
    return found;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static int indexOf(byte[] content, byte[] part, int from) {
    next:
    for (int at = from; at <= content.length - part.length; at++) {
      for (int i = 0; i < part.length; i++) {
        if (content[at + i] != part[i]) {
          continue next;
        }
      }
      return at;
    }
    return -1;
  }
}
