package dev.keyturn.sidecar.vault;

import dev.keyturn.plan.Reference;
import dev.keyturn.plan.Reference.TransitKey;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.source.Lease;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.Version;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Another source, whose values Vault's transit engine has encrypted. All of a version are decrypted
 * by one request, and only when the source has a new one.
 */
final class TransitSource implements SecretSource {
  private final SecretSource source;
  private final Reference reference;
  private final TransitKey key;
  private final VaultServer server;

  /** Whether what the source has was decrypted: else it is fetched again, changed or not. */
  private boolean decrypted;

  TransitSource(SecretSource source, Reference reference, VaultServer server) {
    this.source = source;
    this.reference = reference;
    this.key = reference.transitKey().orElseThrow();
    this.server = server;
  }

  @Override
  public Version fetch() throws FetchException, InterruptedException {
    decrypted = false;
    return decrypt(source.fetch());
  }

  @Override
  public Optional<Version> refresh(Version current) throws FetchException, InterruptedException {
    if (!decrypted) {
      return Optional.of(fetch());
    }
    Optional<Version> newer = source.refresh(current);
    return newer.isEmpty() ? newer : Optional.of(decrypt(newer.get()));
  }

  private Version decrypt(Version version) throws FetchException, InterruptedException {
    decrypted = false;
    try (version) {
      List<String> names = new ArrayList<>();
      List<String> ciphertexts = new ArrayList<>();
      for (var field : version.fields().entrySet()) {
        String text = new String(field.getValue().value().bytes(), StandardCharsets.UTF_8).strip();
        if (isCiphertext(text)) {
          names.add(field.getKey());
          ciphertexts.add(text);
        }
      }
      if (names.isEmpty()) {
        throw FetchException.permanent(
            "%s: no value is one that a transit engine made (vault:v1:...): encrypt it, or drop the option decrypt"
                .formatted(reference));
      }
      List<byte[]> plain = ask(ciphertexts);
      SortedMap<String, Field> fields = new TreeMap<>();
      version.fields().forEach((name, field) -> fields.put(name, field.copy()));
      for (int i = 0; i < names.size(); i++) {
        fields.put(names.get(i), Field.of(plain.get(i)));
      }
      decrypted = true;
      return new Version(version.id(), fields, version.lease());
    }
  }

  private List<byte[]> ask(List<String> ciphertexts) throws FetchException, InterruptedException {
    try {
      return server.decrypt(key.engine(), key.name(), ciphertexts);
    } catch (FetchException e) {
      throw e.about(reference.toString());
    }
  }

  /** The form that the engine gives, whatever the version of its key. */
  private static boolean isCiphertext(String text) {
    return text.startsWith("vault:v") && text.indexOf(':', "vault:v".length()) > 0;
  }

  @Override
  public Optional<Lease> renew(Lease lease) throws FetchException, InterruptedException {
    return source.renew(lease);
  }

  @Override
  public boolean isWrite() {
    return source.isWrite();
  }

  @Override
  public void save(StateWriter out) {
    source.save(out.flag(decrypted));
  }

  @Override
  public void restore(StateReader in) {
    decrypted = in.flag();
    source.restore(in);
  }

  @Override
  public boolean watches() {
    return source.watches();
  }

  @Override
  public Optional<Wake> awaitChange(Duration atMost) throws InterruptedException {
    return source.awaitChange(atMost);
  }
}
