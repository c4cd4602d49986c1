package dev.keyturn.sidecar.http;

import dev.keyturn.plan.Format;
import dev.keyturn.sidecar.render.Renderer;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * TLS to a server: the JDK's whole path validation, against its own certificates alone where it has
 * some, and the host's name. The driver's own settings for both have no effect on a client that it
 * is given.
 */
final class Tls {
  /** Of a key store that never leaves this class. */
  private static final String STORE_PASSWORD = "none";

  private final Server server;
  private List<byte[]> seen = List.of();
  private @Nullable SSLSocketFactory factory;

  Tls(Server server) {
    this.server = server;
  }

  Socket start(Socket plain, String host) throws IOException {
    String name = server.serverName().orElse(host);
    SSLSocket socket =
        (SSLSocket) factory().createSocket(plain, name, plain.getPort(), /* autoClose= */ true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  /** Made again when a file has changed: certificates and keys rotate too. */
  private synchronized SSLSocketFactory factory() throws IOException {
    if (server.ca().isEmpty() && server.caFile().isEmpty() && server.client().isEmpty()) {
      return (SSLSocketFactory) SSLSocketFactory.getDefault();
    }
    List<byte[]> files = new ArrayList<>();
    files.add(trust());
    if (server.client().isPresent()) {
      files.add(read(Path.of(server.client().get().certFile())));
      files.add(read(Path.of(server.client().get().keyFile())));
    }
    SSLSocketFactory current = factory;
    if (current == null || !areSame(files, seen)) {
      current = context(files).getSocketFactory();
      factory = current;
      seen.forEach(file -> Arrays.fill(file, (byte) 0));
      seen = files;
    } else {
      files.forEach(file -> Arrays.fill(file, (byte) 0));
    }
    return current;
  }

  private static boolean areSame(List<byte[]> some, List<byte[]> others) {
    boolean same = some.size() == others.size();
    for (int i = 0; same && i < some.size(); i++) {
      same = Arrays.equals(some.get(i), others.get(i));
    }
    return same;
  }

  /** Empty for the JVM's own. */
  private byte[] trust() throws IOException {
    if (server.ca().isPresent()) {
      return server.ca().get().getBytes(StandardCharsets.US_ASCII);
    }
    return server.caFile().isPresent() ? read(Path.of(server.caFile().get())) : new byte[0];
  }

  private static byte[] read(Path file) throws IOException {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new SSLException("there is no file " + file, e);
    } catch (AccessDeniedException e) {
      throw new SSLException("the file " + file + " may not be read by this user", e);
    }
  }

  private SSLContext context(List<byte[]> files) throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          files.size() == 1 ? null : keys(files.get(1), files.get(2)),
          files.getFirst().length == 0 ? null : trust(files.getFirst()),
          null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new SSLException("TLS cannot be set up: " + e.getMessage(), e);
    }
  }

  private TrustManager[] trust(byte[] pem) throws IOException {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      Collection<? extends Certificate> certificates =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(pem));
      if (certificates.isEmpty()) {
        throw new CertificateException("no certificate found");
      }
      int i = 0;
      for (Certificate certificate : certificates) {
        store.setCertificateEntry("ca" + i++, certificate);
      }
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(store);
      return trust.getTrustManagers();
    } catch (GeneralSecurityException e) {
      throw new SSLException(
          "%s holds no usable PEM certificates: %s".formatted(server.trust(), e.getMessage()), e);
    }
  }

  /** By way of a key store, as a secret of that format would be rendered, checks and all. */
  private KeyManager[] keys(byte[] certificate, byte[] key)
      throws IOException, GeneralSecurityException {
    String files =
        server.client().orElseThrow().certFile()
            + " and "
            + server.client().orElseThrow().keyFile();
    SortedMap<String, Field> fields = new TreeMap<>();
    fields.put("certificate", Field.of(certificate.clone()));
    fields.put("private_key", Field.of(key.clone()));
    try {
      byte[] store = Renderer.render(files, Format.PKCS12, STORE_PASSWORD, fields, warning -> {});
      try {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(new ByteArrayInputStream(store), STORE_PASSWORD.toCharArray());
        KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
        managers.init(keys, STORE_PASSWORD.toCharArray());
        return managers.getKeyManagers();
      } finally {
        Arrays.fill(store, (byte) 0);
      }
    } catch (FetchException e) {
      throw new SSLException("the client certificate cannot be used: " + e.getMessage(), e);
    } finally {
      fields.values().forEach(field -> field.value().close());
    }
  }
}
