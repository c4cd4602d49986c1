package dev.keyturn.javaagent.tls;

import dev.keyturn.javaagent.report.Uses;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** Key managers over one application's key store, with the keys of the mount exchanged. */
final class RenewedKeys extends Renewed<X509ExtendedKeyManager> {
  private final KeyMaterial material;

  /** The certificate in use, by alias. */
  private final Map<String, X509Certificate> leaves;

  RenewedKeys(KeyMaterial material, X509ExtendedKeyManager first) {
    super(first);
    this.material = material;
    this.leaves = new HashMap<>(material.leaves);
  }

  @Override
  @Nullable X509ExtendedKeyManager next() throws Exception {
    Map<String, StoreFile> newest = new HashMap<>();
    Map<String, X509Certificate> newLeaves = new HashMap<>();
    for (Map.Entry<String, String> alias : material.files.entrySet()) {
      StoreFile file = Stores.newest(alias.getValue());
      X509Certificate leaf = file == null ? null : file.leaf();
      if (file != null && leaf != null) {
        newest.put(alias.getKey(), file);
        newLeaves.put(alias.getKey(), leaf);
      }
    }
    X509ExtendedKeyManager manager = newLeaves.equals(leaves) ? null : material.with(newest);
    leaves.putAll(newLeaves);
    for (StoreFile file : newest.values()) {
      Uses.used(file.file().name(), "", file.file().version(), "tls", null);
    }
    return manager;
  }

  @Override
  Object secrets() {
    return material.files.values();
  }
}
