package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.report.Problems;
import dev.keyturn.javaagent.standin.Resolution;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** What all sinks for HTTP headers have in common. */
final class Header {
  private static final String BASIC = "Basic ";

  private Header() {}

  /** Whether a value holds a stand-in, also inside of its credentials. */
  static boolean holdsStandIn(@Nullable Object value) {
    return Resolution.in(value)
        || (value instanceof CharSequence && inCredentials(value.toString()));
  }

  private static boolean inCredentials(String value) {
    if (!value.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
      return false;
    }
    try {
      return Resolution.in(Base64.getDecoder().decode(value.substring(BASIC.length()).trim()));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Whether it is for the proxy and not for the host (RFC 9110, 11.7.1). */
  static boolean isForProxy(CharSequence name) {
    return name.toString().equalsIgnoreCase("Proxy-Authorization");
  }

  /** The value to send; the same object if no stand-in was swapped. */
  static String swapped(Resolution resolution, String value) {
    String swapped = resolution.basicAuthorization(value);
    for (int i = 0; i < swapped.length(); i++) {
      char c = swapped.charAt(i);
      // A line break would end the header, and begin another one or another request (RFC 9110,
      // 5.5).
      if ((c < ' ' && c != '\t') || c == 0x7f) {
        Problems.once(
            "secret "
                + resolution.secrets()
                + " has a line break or another control character, which no HTTP header can carry,"
                + " so the stand-in for it stays one: take the character away where the secret is"
                + " kept");
        return value;
      }
    }
    return swapped;
  }

  /** Who is at the other end of a connection, by the name it was opened with. */
  static Resolution to(String sink, @Nullable SocketAddress remote) {
    if (remote instanceof InetSocketAddress) {
      InetSocketAddress address = (InetSocketAddress) remote;
      // Not getHostName, which asks the owner of an address what to call it.
      return Resolution.of(sink, address.getHostString(), address.getPort());
    }
    return Resolution.of(sink, remote == null ? "(unknown)" : remote.toString(), -1);
  }

  static Resolution to(String sink, InetAddress remote, int port) {
    return to(sink, new InetSocketAddress(remote, port));
  }

  /**
   * To a host of a URL.
   *
   * @param port -1 for the scheme's own
   */
  static Resolution to(String sink, @Nullable String scheme, String host, int port) {
    if (port < 0 && scheme != null) {
      port = scheme.equalsIgnoreCase("https") ? 443 : scheme.equalsIgnoreCase("http") ? 80 : -1;
    }
    return Resolution.of(sink, host, port);
  }
}
