package dev.keyturn.sidecar.sops;

import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.sops.SopsFormat.Encrypted;
import dev.keyturn.sidecar.sops.Tree.Branch;
import dev.keyturn.sidecar.sops.Tree.Leaf;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.source.FileSource;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.SourceContext;
import dev.keyturn.sidecar.source.Version;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** A file of sops's: looked at as any file is, and decrypted when it has changed. */
final class SopsSource implements SecretSource {
  private final Reference reference;
  private final SecretSource file;
  private final SopsFormat format;
  private final DataKeyDecryptor keys;

  /** Whether the file as it is now was decrypted: else it is tried again, unchanged or not. */
  private boolean decrypted;

  private SopsSource(Reference reference, SecretSource file, DataKeyDecryptor keys) {
    this.reference = reference;
    this.file = file;
    this.format = SopsFormat.valueOf(reference.sopsFormat().toUpperCase(Locale.ROOT));
    this.keys = keys;
  }

  static SopsSource open(Reference reference, SourceContext context) {
    return new SopsSource(
        reference, new FileSource(reference, context.directory()), new KeyServices(context));
  }

  @Override
  public Version fetch() throws FetchException, InterruptedException {
    decrypted = false;
    return decrypt(file.fetch());
  }

  @Override
  public Optional<Version> refresh(Version current) throws FetchException, InterruptedException {
    if (!decrypted) {
      return Optional.of(fetch());
    }
    Optional<Version> newer = file.refresh(current);
    return newer.isEmpty() ? newer : Optional.of(decrypt(newer.get()));
  }

  /** The whole file, as one field, made plain. */
  private Version decrypt(Version content) throws FetchException, InterruptedException {
    decrypted = false;
    byte[] dataKey = new byte[0];
    try (content) {
      Encrypted encrypted = format.read(content.fields().firstEntry().getValue().value().bytes());
      dataKey = DataKey.of(encrypted.metadata(), keys);
      try (Branch plain = Decryption.decrypt(encrypted, dataKey)) {
        var version = new Version(Optional.of(id(encrypted)), fields(plain), Optional.empty());
        decrypted = true;
        return version;
      }
    } catch (SopsException e) {
      throw FetchException.permanent("%s: %s".formatted(reference, e.getMessage()));
    } catch (FetchException e) {
      throw e.about(reference.toString());
    } finally {
      Arrays.fill(dataKey, (byte) 0);
    }
  }

  /**
   * When sops wrote the file, with what tells writes of the same second apart: a checksum of the
   * encrypted MAC, which has another nonce each time, and is there for anybody to read.
   */
  private static String id(Encrypted encrypted) {
    String mac = encrypted.metadata().mac();
    return encrypted.metadata().lastModified() + "-" + HexFormat.of().toHexDigits(mac.hashCode());
  }

  private SortedMap<String, Field> fields(Branch plain) throws SopsException {
    if (format != SopsFormat.BINARY) {
      return PlainFields.of(plain);
    }
    if (!(plain.get(SopsFormat.DATA) instanceof Leaf data)) {
      throw new SopsException(
          "it is no binary file of sops's, which has all under 'data': correct the option format");
    }
    SortedMap<String, Field> fields = new TreeMap<>();
    fields.put("value", Field.of(data.bytes().clone()));
    return fields;
  }

  @Override
  public boolean watches() {
    return file.watches();
  }

  @Override
  public Optional<Wake> awaitChange(Duration atMost) throws InterruptedException {
    return file.awaitChange(atMost);
  }
}
