package dev.keyturn.sidecar.render;

import dev.keyturn.plan.Format;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Consumer;

/**
 * Renders a key with its certificates. The same fields give the same bytes, also as a store: what
 * would be drawn at random there is derived, since a file whose bytes change is a new version to
 * everybody. This class and those it uses are loaded only where a plan has such a file.
 */
final class CertificateFiles {
  private CertificateFiles() {}

  /**
   * Renders one file.
   *
   * @param what the secret's reference, for errors
   * @param format one of those for certificates
   * @param warnings gets what an operator should look at
   * @return a copy that the caller wipes
   * @throws FetchException if the fields are no matching set
   */
  static byte[] render(
      String what,
      Format format,
      String storePassword,
      SortedMap<String, Field> fields,
      Consumer<String> warnings)
      throws FetchException {
    try (CertificateSet set = CertificateSet.of(what, fields)) {
      if (set.hasKey()) {
        warnOfDates(what, set.certificates(), Instant.now(), warnings);
      }
      return switch (format) {
        case PEM -> pem(set);
        case PKCS12 -> Pkcs12.write(set, storePassword);
        case JKS -> Jks.write(set, storePassword);
        case RAW, PROPERTIES, ENV, JSON, YAML -> throw new AssertionError(format);
      };
    } catch (GeneralSecurityException e) {
      throw FetchException.permanent(
          "%s: a %s store cannot be made: the password may hold characters that it has no room for (use ASCII), or this Java runtime lacks an algorithm (%s)"
              .formatted(what, format.text(), e.getClass().getSimpleName()));
    }
  }

  private static void warnOfDates(
      String what, List<X509Certificate> chain, Instant now, Consumer<String> warnings) {
    for (X509Certificate certificate : chain) {
      Instant from = certificate.getNotBefore().toInstant();
      Instant until = certificate.getNotAfter().toInstant();
      if (now.isBefore(from) || now.isAfter(until)) {
        warnings.accept(
            "%s: the certificate of %s (serial number %s) is valid from %s until %s, and it is %s; it is published all the same, since the clock here may be wrong and who uses it checks: issue another one"
                .formatted(
                    what,
                    certificate.getSubjectX500Principal(),
                    CertificateSet.serialNumber(certificate),
                    from,
                    until,
                    now.truncatedTo(ChronoUnit.SECONDS)));
      }
    }
  }

  private static byte[] pem(CertificateSet set) throws GeneralSecurityException {
    List<X509Certificate> certificates = set.certificates();
    if (set.hasKey() && certificates.size() > 1 && CertificateSet.isRoot(certificates.getLast())) {
      // Who trusts a root has it, and nobody should trust one for being sent it.
      certificates = certificates.subList(0, certificates.size() - 1);
    }
    List<byte[]> parts = new ArrayList<>();
    if (set.hasKey()) {
      parts.add(Pem.write("PRIVATE KEY", set.key()));
    }
    for (X509Certificate certificate : certificates) {
      parts.add(Pem.write("CERTIFICATE", certificate.getEncoded()));
    }
    byte[] whole = Pem.concatenated(parts);
    parts.forEach(part -> Arrays.fill(part, (byte) 0));
    return whole;
  }

  /**
   * What a store calls salt: different for different keys, the same for the same.
   *
   * @param purpose so that no two salts of a store are the same
   * @return 32 bytes; nothing about the key can be learned from them without guessing all of it
   */
  static byte[] salt(String purpose, CertificateSet set) throws GeneralSecurityException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(purpose.getBytes(StandardCharsets.US_ASCII));
    digest.update(set.key());
    for (X509Certificate certificate : set.certificates()) {
      digest.update(certificate.getEncoded());
    }
    return digest.digest();
  }
}
