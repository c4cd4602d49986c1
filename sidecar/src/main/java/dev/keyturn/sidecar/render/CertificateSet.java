package dev.keyturn.sidecar.render;

import dev.keyturn.sidecar.render.Pem.Block;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Collectors;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * A private key with its certificate and that one's issuers; or, where the fields hold no private
 * key, certificates alone.
 *
 * @param key PKCS#8, wiped when closed; empty if there is none
 * @param certificates with a key: its own first, then each one's issuer; else all, as they came
 */
@SuppressWarnings("ArrayRecordComponent") // never compared or printed
record CertificateSet(byte[] key, List<X509Certificate> certificates) implements AutoCloseable {
  /** As the PKI engine and Kubernetes name them; the certificate before its issuers. */
  private static final List<String> CERTIFICATES =
      List.of("certificate", "tls.crt", "ca_chain", "issuing_ca", "ca.crt");

  private static final List<String> KEYS = List.of("private_key", "tls.key");

  /** RFC 7468 sections 10 and 11, RFC 8017 (PKCS#1) and RFC 5915 (SEC1). */
  private static final Set<String> KEY_LABELS =
      Set.of("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY");

  /**
   * Reads and checks a set.
   *
   * @param what the secret's reference, for errors
   * @throws FetchException if something is missing or broken, or the key is of another certificate
   */
  static CertificateSet of(String what, SortedMap<String, Field> fields) throws FetchException {
    List<X509Certificate> certificates = certificates(what, chosen(fields, CERTIFICATES));
    Map<String, Field> keys = chosen(fields, KEYS);
    if (certificates.isEmpty()) {
      throw FetchException.permanent(
          "%s has no certificate in PEM form: it belongs into the field 'certificate' or 'tls.crt', its key into 'private_key' or 'tls.key'; there is %s"
              .formatted(what, String.join(", ", fields.keySet())));
    }
    if (keys.isEmpty()) {
      return new CertificateSet(new byte[0], certificates);
    }
    List<Block> blocks = blocks(what, keys, KEY_LABELS);
    try {
      if (blocks.isEmpty()) {
        throw FetchException.permanent(
            "%s: there is no private key in PEM form in %s".formatted(what, names(keys)));
      }
      return matching(what, blocks.getFirst(), names(keys), certificates);
    } finally {
      blocks.forEach(Block::close);
    }
  }

  /** The fields by these names, in their order. */
  private static Map<String, Field> chosen(Map<String, Field> fields, List<String> names) {
    Map<String, Field> chosen = new LinkedHashMap<>();
    for (String name : names) {
      Field field = fields.get(name);
      if (field != null) {
        chosen.put(name, field);
      }
    }
    return chosen;
  }

  private static List<Block> blocks(String what, Map<String, Field> fields, Set<String> labels)
      throws FetchException {
    List<Block> blocks = new ArrayList<>();
    for (var entry : fields.entrySet()) {
      try {
        for (byte[] text : texts(entry.getValue())) {
          blocks.addAll(Pem.blocks(text, labels::contains));
        }
      } catch (Pem.BrokenException e) {
        blocks.forEach(Block::close);
        throw FetchException.permanent(
            "%s: the field '%s' holds %s".formatted(what, entry.getKey(), e.getMessage()));
      }
    }
    return blocks;
  }

  /** A chain may be a list of texts. */
  private static List<byte[]> texts(Field field) {
    if (field.kind() != Field.Kind.JSON) {
      return List.of(field.value().bytes());
    }
    List<byte[]> texts = new ArrayList<>();
    try (JsonParser parser =
        new JsonFactory().createParser(ObjectReadContext.empty(), field.value().bytes())) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.VALUE_STRING) {
          texts.add(parser.getString().getBytes(StandardCharsets.UTF_8));
        }
      }
    }
    return texts;
  }

  private static List<X509Certificate> certificates(String what, Map<String, Field> fields)
      throws FetchException {
    Set<X509Certificate> certificates = new LinkedHashSet<>();
    for (Block block : blocks(what, fields, Set.of("CERTIFICATE"))) {
      try {
        certificates.add(
            (X509Certificate)
                CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(block.bytes())));
      } catch (GeneralSecurityException e) {
        throw FetchException.permanent(
            "%s: a certificate in %s is broken".formatted(what, names(fields)));
      }
    }
    return List.copyOf(certificates);
  }

  private static CertificateSet matching(
      String what, Block key, String fields, List<X509Certificate> certificates)
      throws FetchException {
    if (key.label().equals("ENCRYPTED PRIVATE KEY")) {
      throw FetchException.permanent(
          "%s: the private key in %s is encrypted: store it decrypted".formatted(what, fields));
    }
    for (X509Certificate certificate : certificates) {
      byte[] pkcs8 = PrivateKeys.pkcs8(key.label(), key.bytes(), certificate.getPublicKey());
      if (PrivateKeys.belongTogether(pkcs8, certificate.getPublicKey())) {
        return new CertificateSet(pkcs8, chain(certificate, certificates));
      }
      Arrays.fill(pkcs8, (byte) 0);
    }
    throw FetchException.permanent(
        "%s: the private key in %s belongs to no certificate there is (serial number %s), or is broken: store the two that belong together"
            .formatted(
                what,
                fields,
                certificates.stream()
                    .map(CertificateSet::serialNumber)
                    .collect(Collectors.joining(", "))));
  }

  /** Each one's issuer, as far as it is there. */
  private static List<X509Certificate> chain(X509Certificate first, List<X509Certificate> pool) {
    List<X509Certificate> chain = new ArrayList<>(List.of(first));
    X509Certificate next = first;
    while (next != null && !isRoot(next)) {
      X509Certificate last = next;
      next =
          pool.stream()
              .filter(other -> !chain.contains(other) && issued(other, last))
              .findFirst()
              .orElse(null);
      if (next != null) {
        chain.add(next);
      }
    }
    return List.copyOf(chain);
  }

  private static boolean issued(X509Certificate issuer, X509Certificate certificate) {
    if (!issuer.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())) {
      return false;
    }
    try {
      certificate.verify(issuer.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false; // of the same name, as after a CA got a new key
    }
  }

  /** Whether it is its own issuer. */
  static boolean isRoot(X509Certificate certificate) {
    return certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
  }

  /** As the PKI engine and OpenSSL print it. */
  static String serialNumber(X509Certificate certificate) {
    return HexFormat.ofDelimiter(":").formatHex(certificate.getSerialNumber().toByteArray());
  }

  private static String names(Map<String, Field> fields) {
    return fields.keySet().stream()
        .map(name -> "'" + name + "'")
        .collect(Collectors.joining(" and "));
  }

  boolean hasKey() {
    return key.length > 0;
  }

  @Override
  public void close() {
    Arrays.fill(key, (byte) 0);
  }
}
