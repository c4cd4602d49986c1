package dev.keyturn.javaagent.tls;

import java.lang.ref.WeakReference;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** Asks the current one. Any thread. */
final class LiveKeyManager extends X509ExtendedKeyManager {
  /** A handshake asks for the key and for its certificate within microseconds. */
  private static final long TOGETHER_NANOS = 50_000_000;

  private static final ThreadLocal<@Nullable Half> HALF = new ThreadLocal<>();

  private final Renewed<X509ExtendedKeyManager> managers;

  LiveKeyManager(Renewed<X509ExtendedKeyManager> managers) {
    this.managers = managers;
  }

  /**
   * What a thread got: a key, or the certificate of one. The other half has to come from the same
   * manager, also if there was a rotation in between. Weak, since a thread may never ask again.
   */
  private static final class Half {
    final WeakReference<Renewed<X509ExtendedKeyManager>> from;
    final WeakReference<X509ExtendedKeyManager> manager;
    final boolean isKey;
    final long atNanos = System.nanoTime();

    Half(Renewed<X509ExtendedKeyManager> from, X509ExtendedKeyManager manager, boolean isKey) {
      this.from = new WeakReference<>(from);
      this.manager = new WeakReference<>(manager);
      this.isKey = isKey;
    }
  }

  private X509ExtendedKeyManager half(boolean isKey) {
    Half other = HALF.get();
    if (other != null
        && other.isKey != isKey
        && managers.equals(other.from.get())
        && System.nanoTime() - other.atNanos < TOGETHER_NANOS) {
      HALF.remove();
      X509ExtendedKeyManager same = other.manager.get();
      if (same != null) {
        return same;
      }
    }
    X509ExtendedKeyManager manager = managers.current();
    HALF.set(new Half(managers, manager, isKey));
    return manager;
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    return half(true).getPrivateKey(alias);
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    return half(false).getCertificateChain(alias);
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return managers.current().getClientAliases(keyType, issuers);
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return managers.current().getServerAliases(keyType, issuers);
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return managers.current().chooseClientAlias(keyTypes, issuers, socket);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return managers.current().chooseServerAlias(keyType, issuers, socket);
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return managers.current().chooseEngineClientAlias(keyTypes, issuers, engine);
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return managers.current().chooseEngineServerAlias(keyType, issuers, engine);
  }
}
