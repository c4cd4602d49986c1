package dev.keyturn.sidecar.kubernetes;

import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Version;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Values that somebody forgot to decrypt. An application would take them for the secret, and fail
 * somewhere else.
 */
final class Ciphertext {
  private static final byte[] SOPS = "ENC[AES256_GCM,data:".getBytes(StandardCharsets.US_ASCII);

  /**
   * What {@code kubeseal} writes: two bytes with the length of an encrypted session key, which for
   * its RSA 4096 is 512, the key, and the sealed value with its tag of 16 bytes.
   */
  private static final int SEALED_KEY = 512;

  private static final int SEALED = 2 + SEALED_KEY + 16;

  private Ciphertext() {}

  /**
   * Looks at every value; closes the version before it refuses.
   *
   * @throws FetchException if one is ciphertext
   */
  static void refuse(Reference reference, Version version) throws FetchException {
    for (var field : version.fields().entrySet()) {
      byte[] value = field.getValue().value().bytes();
      String what =
          startsWith(value, SOPS)
              ? "ciphertext of sops ('ENC[AES256_GCM,...'): decrypt it before it is applied, or let"
                  + " Keyturn do that (sops:)"
              : isSealed(value)
                  ? "ciphertext of kubeseal: apply it as a SealedSecret, from which the controller"
                      + " makes the Secret"
                  : "";
      if (!what.isEmpty()) {
        version.close();
        throw FetchException.permanent(
            "%s: the value of '%s' is %s".formatted(reference, field.getKey(), what));
      }
    }
  }

  private static boolean startsWith(byte[] value, byte[] start) {
    boolean same = value.length >= start.length;
    for (int i = 0; same && i < start.length; i++) {
      same = value[i] == start[i];
    }
    return same;
  }

  private static boolean isSealed(byte[] value) {
    // "AgA" to "AgD" is how base64 of the length begins.
    if (value.length < SEALED * 4 / 3 || value[0] != 'A' || value[1] != 'g') {
      return false;
    }
    try {
      byte[] decoded = Base64.getDecoder().decode(value);
      return decoded.length >= SEALED
          && ((decoded[0] & 0xff) << 8 | (decoded[1] & 0xff)) == SEALED_KEY;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
