package dev.keyturn.sidecar.sops;

import dev.keyturn.sidecar.source.FetchException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gets the key that a file's values are encrypted with. */
final class DataKey {
  /** AES-256. */
  private static final int BYTES = 32;

  private DataKey() {}

  private record Failure(MasterKey key, FetchException why) {}

  /**
   * Has any key of the one group, or of enough groups, decrypt it.
   *
   * @return a new array, which the caller wipes
   * @throws SopsException if no key can be used, with the reason of each
   * @throws FetchException if a service that has one could not be asked: time may heal that
   */
  static byte[] of(Metadata metadata, DataKeyDecryptor decryptor)
      throws SopsException, FetchException, InterruptedException {
    List<List<MasterKey>> groups = metadata.groups();
    int threshold = metadata.threshold();
    int needed = threshold < 1 || threshold > groups.size() ? groups.size() : threshold;
    List<byte[]> parts = new ArrayList<>();
    List<Failure> failures = new ArrayList<>();
    try {
      for (int i = 0; i < groups.size() && parts.size() < needed; i++) {
        byte[] part = part(groups.get(i), decryptor, failures);
        if (part != null) {
          parts.add(part);
        }
      }
      if (parts.size() < needed) {
        throw failed(parts.size(), needed, groups.size(), failures);
      }
      byte[] key = groups.size() == 1 ? parts.getFirst().clone() : Shamir.combine(parts);
      if (key.length != BYTES) {
        Arrays.fill(key, (byte) 0);
        throw new SopsException("its data key has not the 32 bytes of one");
      }
      return key;
    } finally {
      parts.forEach(part -> Arrays.fill(part, (byte) 0));
    }
  }

  private static byte @Nullable [] part(
      List<MasterKey> group, DataKeyDecryptor decryptor, List<Failure> failures)
      throws InterruptedException {
    for (MasterKey key : group) {
      try {
        return decryptor.decrypt(key);
      } catch (FetchException e) {
        failures.add(new Failure(key, e));
      }
    }
    return null;
  }

  private static SopsException failed(int parts, int needed, int groups, List<Failure> failures)
      throws FetchException {
    StringBuilder reasons = new StringBuilder();
    for (Failure failure : failures) {
      reasons
          .append(reasons.isEmpty() ? "" : "; ")
          .append(failure.key().shown())
          .append(": ")
          .append(failure.why().getMessage());
    }
    String what =
        groups == 1
            ? "none of its keys can decrypt the data key: "
            : "%d of its %d key groups could be used, %d are needed: "
                .formatted(parts, groups, needed);
    for (Failure failure : failures) {
      if (!failure.why().permanent()) {
        throw FetchException.temporary(what + reasons, failure.why());
      }
    }
    return new SopsException(what + reasons);
  }
}
