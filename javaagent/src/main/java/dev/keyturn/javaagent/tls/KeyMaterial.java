package dev.keyturn.javaagent.tls;

import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.Provider;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** What a key manager factory was initialized with, if some of it is from the mount. */
final class KeyMaterial {
  private static final char[] DEFAULT_PASSWORD = "changeit".toCharArray();

  private final String algorithm;
  private final Provider provider;
  private final KeyStore store;
  private final char @Nullable [] password;

  /** The file of the mount that the key of an alias is from, and the key's certificate. */
  final Map<String, String> files = new HashMap<>();

  final Map<String, X509Certificate> leaves = new HashMap<>();

  private KeyMaterial(KeyManagerFactory factory, KeyStore store, char @Nullable [] password) {
    this.algorithm = factory.getAlgorithm();
    this.provider = factory.getProvider();
    this.store = store;
    this.password = password == null ? null : password.clone();
  }

  /** Null if nothing of it is from the mount. */
  static @Nullable KeyMaterial of(
      KeyManagerFactory factory, @Nullable KeyStore store, char @Nullable [] password)
      throws KeyStoreException {
    if (store == null) {
      return null;
    }
    KeyMaterial material = new KeyMaterial(factory, store, password);
    for (String alias : Collections.list(store.aliases())) {
      Certificate leaf = store.isKeyEntry(alias) ? store.getCertificate(alias) : null;
      if (leaf instanceof X509Certificate) {
        String file = Stores.withKeyOf((X509Certificate) leaf);
        if (file != null) {
          material.files.put(alias, file);
          material.leaves.put(alias, (X509Certificate) leaf);
        }
      }
    }
    return material.files.isEmpty() ? null : material;
  }

  /** The manager that the same factory makes of the same store, but for these keys. */
  X509ExtendedKeyManager with(Map<String, StoreFile> newest) throws Exception {
    KeyStore copy = KeyStore.getInstance(store.getType(), store.getProvider());
    copy.load(null, password);
    for (String alias : Collections.list(store.aliases())) {
      StoreFile file = newest.get(alias);
      if (file != null) {
        copy.setKeyEntry(
            alias,
            file.key(password != null ? password : DEFAULT_PASSWORD, DEFAULT_PASSWORD),
            password,
            file.chain());
      } else if (store.isKeyEntry(alias)) {
        copy.setKeyEntry(
            alias, store.getKey(alias, password), password, store.getCertificateChain(alias));
      } else {
        copy.setCertificateEntry(alias, store.getCertificate(alias));
      }
    }
    KeyManagerFactory factory = KeyManagerFactory.getInstance(algorithm, provider);
    factory.init(copy, password);
    return (X509ExtendedKeyManager) factory.getKeyManagers()[0];
  }
}
