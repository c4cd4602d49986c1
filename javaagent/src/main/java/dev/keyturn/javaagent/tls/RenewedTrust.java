package dev.keyturn.javaagent.tls;

import dev.keyturn.javaagent.report.Uses;
import java.security.KeyStore;
import java.security.Provider;
import java.security.cert.CertPathParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.Set;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Trust managers of one factory's kind over a trust store of the mount. */
final class RenewedTrust extends Renewed<X509ExtendedTrustManager> {
  private final String algorithm;
  private final Provider provider;

  /** How to validate, if the application said so. */
  private final @Nullable ManagerFactoryParameters parameters;

  private final String name;
  private Set<X509Certificate> trusted;

  RenewedTrust(
      TrustManagerFactory factory,
      @Nullable ManagerFactoryParameters parameters,
      String name,
      Set<X509Certificate> trusted,
      X509ExtendedTrustManager first) {
    super(first);
    this.algorithm = factory.getAlgorithm();
    this.provider = factory.getProvider();
    this.parameters = parameters;
    this.name = name;
    this.trusted = trusted;
  }

  @Override
  @Nullable X509ExtendedTrustManager next() throws Exception {
    StoreFile file = Stores.newest(name);
    if (file == null || file.trusted().isEmpty()) {
      return null;
    }
    X509ExtendedTrustManager manager =
        file.trusted().equals(trusted) ? null : manager(file.trusted());
    trusted = file.trusted();
    Uses.used(name, "", file.file().version(), "tls", null);
    return manager;
  }

  private X509ExtendedTrustManager manager(Set<X509Certificate> certificates) throws Exception {
    TrustManagerFactory factory = TrustManagerFactory.getInstance(algorithm, provider);
    if (parameters == null) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (X509Certificate certificate : certificates) {
        store.setCertificateEntry("keyturn-" + (store.size() + 1), certificate);
      }
      factory.init(store);
    } else {
      CertPathParameters changed = ((CertPathTrustManagerParameters) parameters).getParameters();
      Set<TrustAnchor> anchors = new HashSet<>();
      for (X509Certificate certificate : certificates) {
        anchors.add(new TrustAnchor(certificate, null));
      }
      // A copy: getParameters() clones.
      ((PKIXParameters) changed).setTrustAnchors(anchors);
      factory.init(new CertPathTrustManagerParameters(changed));
    }
    return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
  }

  @Override
  Object secrets() {
    return name;
  }
}
