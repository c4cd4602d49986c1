package dev.keyturn.sidecar.vault;

import dev.keyturn.plan.VaultSettings;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;

/** Connects to the server of a plan, with TLS where its address says so. */
final class Dialer {
  private final VaultSettings settings;
  private final Tls tls;

  Dialer(VaultSettings settings) {
    this.settings = settings;
    this.tls = new Tls(settings);
  }

  /**
   * @param deadline of {@link System#nanoTime}
   */
  Socket dial(long deadline) throws IOException {
    boolean https = "https".equalsIgnoreCase(settings.address().getScheme());
    // An IPv6 address has brackets in a URI.
    String host = settings.address().getHost().replaceAll("[\\[\\]]", "");
    int port = settings.address().getPort();
    IOException failure = null;
    for (InetAddress candidate : InetAddress.getAllByName(host)) {
      InetSocketAddress to = new InetSocketAddress(candidate, port > 0 ? port : https ? 443 : 80);
      try {
        return dial(to, https, host, deadline);
      } catch (SocketTimeoutException e) {
        throw new HttpTimeoutException("no connection in time");
      } catch (ConnectException e) {
        failure = e;
      }
    }
    throw failure == null ? new UnknownHostException(host) : failure;
  }

  private Socket dial(InetSocketAddress to, boolean https, String host, long deadline)
      throws IOException {
    Socket socket = new Socket();
    boolean done = false;
    try {
      socket.setTcpNoDelay(true);
      socket.connect(to, millisTo(deadline));
      socket.setSoTimeout(millisTo(deadline));
      Socket ready = https ? tls.start(socket, host) : socket;
      done = true;
      return ready;
    } finally {
      if (!done) {
        socket.close();
      }
    }
  }

  private static int millisTo(long deadline) {
    return (int) Math.max(1, (deadline - System.nanoTime()) / 1_000_000);
  }
}
