package dev.keyturn.javaagent.tls;

import dev.keyturn.javaagent.sink.Sink;
import dev.keyturn.javaagent.weaving.Join;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Where trust managers are made: as with key managers, at the factory. */
public final class TrustManagerSink extends Sink {
  public static final String JOINS =
      "@dev.keyturn.javaagent.tls.TrustManagerSink tls stores\n"
          + "javax.net.ssl.TrustManagerFactory init(Ljava/security/KeyStore;)V arguments\n"
          + "javax.net.ssl.TrustManagerFactory"
          + " init(Ljavax/net/ssl/ManagerFactoryParameters;)V arguments\n"
          + "javax.net.ssl.TrustManagerFactory"
          + " getTrustManagers()[Ljavax/net/ssl/TrustManager; instead\n";

  /** Of factories that were told how to validate: whether to look for revoked certificates, say. */
  private final Map<TrustManagerFactory, ManagerFactoryParameters> parameters =
      Collections.synchronizedMap(new WeakHashMap<TrustManagerFactory, ManagerFactoryParameters>());

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable {
    if (values[0].getClass() != TrustManagerFactory.class || OwnCalls.inside()) {
      return null;
    }
    TrustManagerFactory factory = (TrustManagerFactory) values[0];
    if (join.instead) {
      return live(factory);
    } else if (values[1] instanceof ManagerFactoryParameters) {
      parameters.put(factory, (ManagerFactoryParameters) values[1]);
    } else {
      parameters.remove(factory);
    }
    return null;
  }

  private TrustManager[] live(TrustManagerFactory factory) throws Throwable {
    TrustManager[] managers;
    Boolean outer = OwnCalls.begin();
    try {
      managers = factory.getTrustManagers();
    } catch (RuntimeException e) {
      throw new Thrown(e);
    } finally {
      OwnCalls.end(outer);
    }
    for (int i = 0; i < managers.length; i++) {
      if (managers[i] instanceof X509ExtendedTrustManager) {
        X509ExtendedTrustManager manager = (X509ExtendedTrustManager) managers[i];
        Set<X509Certificate> trusted = new HashSet<>(Arrays.asList(manager.getAcceptedIssuers()));
        String file = Stores.holding(trusted);
        if (file != null) {
          managers[i] =
              new LiveTrustManager(
                  new RenewedTrust(factory, parameters.get(factory), file, trusted, manager));
        }
      }
    }
    return managers;
  }
}
