package dev.keyturn.javaagent.tls;

import dev.keyturn.javaagent.sink.Sink;
import dev.keyturn.javaagent.weaving.Join;
import java.security.KeyStore;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Where key managers are made of key stores: at the factory, so that whatever an application puts
 * around its key manager (a fixed alias, a choice by SNI) stays as it is. A factory that is a class
 * of its own, such as those of Spring and Netty, is such a wrapper: the one inside is live.
 */
public final class KeyManagerSink extends Sink {
  public static final String JOINS =
      "@dev.keyturn.javaagent.tls.KeyManagerSink tls stores\n"
          + "java.security.KeyStore load(Ljava/io/InputStream;[C)V arguments\n"
          + "javax.net.ssl.KeyManagerFactory init(Ljava/security/KeyStore;[C)V arguments\n"
          + "javax.net.ssl.KeyManagerFactory getKeyManagers()[Ljavax/net/ssl/KeyManager; instead\n";

  private final Map<KeyManagerFactory, KeyMaterial> materials =
      Collections.synchronizedMap(new WeakHashMap<KeyManagerFactory, KeyMaterial>());

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable {
    if (OwnCalls.inside()) {
      return null;
    }
    if (values[0] instanceof KeyStore) {
      Stores.watch();
    } else if (values[0].getClass() == KeyManagerFactory.class) {
      KeyManagerFactory factory = (KeyManagerFactory) values[0];
      if (join.instead) {
        return live(factory);
      }
      KeyMaterial material = KeyMaterial.of(factory, (KeyStore) values[1], (char[]) values[2]);
      if (material == null) {
        materials.remove(factory);
      } else {
        materials.put(factory, material);
      }
    }
    return null;
  }

  private KeyManager @Nullable [] live(KeyManagerFactory factory) throws Thrown {
    KeyMaterial material = materials.get(factory);
    if (material == null) {
      return null;
    }
    KeyManager[] managers;
    Boolean outer = OwnCalls.begin();
    try {
      managers = factory.getKeyManagers();
    } catch (RuntimeException e) {
      throw new Thrown(e);
    } finally {
      OwnCalls.end(outer);
    }
    for (int i = 0; i < managers.length; i++) {
      if (managers[i] instanceof X509ExtendedKeyManager) {
        managers[i] =
            new LiveKeyManager(new RenewedKeys(material, (X509ExtendedKeyManager) managers[i]));
      }
    }
    return managers;
  }
}
