package dev.keyturn.sidecar.http;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Connects to a server, with TLS where its address says so. Where the name has several addresses,
 * as that of a headless service has, it stays with the one that works, and goes on to the next when
 * that fails. Safe for use by several threads.
 */
public final class Dialer {
  private final Server server;
  private final Tls tls;
  private volatile @Nullable InetAddress preferred;
  private volatile int addresses = 1;

  /** Nothing is connected to yet. */
  public Dialer(Server server) {
    this.server = server;
    this.tls = new Tls(server);
  }

  /** How many addresses the server's name had when it was last connected to. */
  public int addresses() {
    return addresses;
  }

  /** The server is to be reached at another of its addresses next. */
  public void turnAway() {
    InetAddress current = preferred;
    if (current == null) {
      return;
    }
    try {
      InetAddress[] all = InetAddress.getAllByName(host(server.address()));
      preferred = all[(indexOf(current, all) + 1) % all.length];
    } catch (UnknownHostException e) {
      preferred = null;
    }
  }

  /**
   * Connects to the server.
   *
   * @param deadline of {@link System#nanoTime}
   */
  public Socket dial(long deadline) throws IOException {
    InetAddress[] all = InetAddress.getAllByName(host(server.address()));
    addresses = all.length;
    InetAddress first = preferred;
    int start = first == null ? 0 : Math.max(0, indexOf(first, all));
    IOException failure = null;
    for (int i = 0; i < all.length; i++) {
      InetAddress candidate = all[(start + i) % all.length];
      // Each gets its share of the time, so that one black hole does not use up all of it.
      long now = System.nanoTime();
      long until = now + (deadline - now) / (all.length - i);
      try {
        Socket socket = dial(candidate, server.address(), until);
        preferred = candidate;
        return socket;
      } catch (SocketTimeoutException e) {
        failure = new HttpTimeoutException("no connection in time");
      } catch (ConnectException | NoRouteToHostException e) {
        failure = e;
      }
    }
    throw failure == null ? new UnknownHostException(server.address().getHost()) : failure;
  }

  /**
   * Connects to where the server has sent us, which speaks for it: a standby knows the active one.
   *
   * @param to with host
   */
  public Socket dial(URI to, long deadline) throws IOException {
    try {
      return dial(InetAddress.getByName(host(to)), to, deadline);
    } catch (SocketTimeoutException e) {
      throw new HttpTimeoutException("no connection in time");
    }
  }

  private Socket dial(InetAddress address, URI to, long deadline) throws IOException {
    boolean https = "https".equalsIgnoreCase(to.getScheme());
    int port = to.getPort() > 0 ? to.getPort() : https ? 443 : 80;
    Socket socket = new Socket();
    boolean done = false;
    try {
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(address, port), millisTo(deadline));
      socket.setSoTimeout(millisTo(deadline));
      Socket ready = https ? tls.start(socket, host(to)) : socket;
      done = true;
      return ready;
    } finally {
      if (!done) {
        socket.close();
      }
    }
  }

  /** An IPv6 address has brackets in a URI. */
  private static String host(URI address) {
    return address.getHost().replaceAll("[\\[\\]]", "");
  }

  private static int indexOf(InetAddress address, InetAddress[] all) {
    for (int i = 0; i < all.length; i++) {
      if (all[i].equals(address)) {
        return i;
      }
    }
    return -1;
  }

  private static int millisTo(long deadline) {
    return (int) Math.max(1, (deadline - System.nanoTime()) / 1_000_000);
  }
}
