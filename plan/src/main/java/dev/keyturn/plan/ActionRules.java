package dev.keyturn.plan;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The {@linkplain Rules rules} of {@link Action}, and what holds where a plan does not say. */
final class ActionRules {
  /** What {@code signal.h} (POSIX) has for a program to take as a request. */
  private static final List<String> SIGNALS =
      List.of("HUP", "INT", "QUIT", "USR1", "USR2", "TERM", "WINCH");

  private static final List<String> METHODS = List.of("POST", "GET", "PUT");

  /** A reload is no reading. */
  static final String DEFAULT_METHOD = "POST";

  /** As long as a reload may reasonably take. */
  static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

  /** What more of them would be is a script. */
  private static final int MAX_ARGUMENTS = 64;

  private ActionRules() {}

  static @Nullable String signal(String signal) {
    if (SIGNALS.contains(signal)) {
      return null;
    }
    String upper = signal.toUpperCase(Locale.ROOT);
    return "unknown signal; "
        + Spelling.hint(upper.startsWith("SIG") ? upper.substring("SIG".length()) : upper, SIGNALS);
  }

  static @Nullable String process(String name) {
    String problem = Rules.line(name, Rules.MAX_KEY);
    return problem == null && name.indexOf('/') >= 0
        ? "is a path: name the program's file alone, such as nginx"
        : problem;
  }

  static @Nullable String port(int port) {
    return port >= 1 && port <= 65_535 ? null : "is no port: a number from 1 to 65535";
  }

  static @Nullable String method(String method) {
    return METHODS.contains(method) ? null : "unknown method; " + Spelling.hint(method, METHODS);
  }

  static @Nullable String url(URI url) {
    if (!"http".equals(url.getScheme()) && !"https".equals(url.getScheme())) {
      return "starts with neither http:// nor https://";
    }
    if (url.getRawUserInfo() != null) {
      return "holds a user or a password, which belong in no plan: remove them";
    }
    if (!isLoopback(url.getHost())) {
      return "is not on loopback: a call goes to localhost, 127.0.0.1 or [::1] alone";
    }
    if (url.getPort() == 0 || url.getPort() > 65_535) {
      return "has a port that is not within 1 and 65535";
    }
    if (url.getRawFragment() != null) {
      return "has a '#', which no server sees: remove it";
    }
    String text = url.toString();
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > '~') {
        return "holds a character that is not ASCII: write it as %-escapes";
      }
    }
    return text.length() > Rules.MAX_PATH
        ? "is longer than " + Rules.MAX_PATH + " characters"
        : null;
  }

  private static boolean isLoopback(@Nullable String host) {
    if (host == null) {
      return false;
    }
    // A name that starts like the address is looked up, and can lead anywhere.
    boolean numeric = host.startsWith("127.");
    for (int i = 0; numeric && i < host.length(); i++) {
      numeric = Rules.isDigit(host.charAt(i)) || host.charAt(i) == '.';
    }
    return numeric || host.equals("localhost") || host.equals("[::1]");
  }

  static @Nullable String command(List<String> arguments) {
    if (arguments.isEmpty()) {
      return "is empty: name the program, such as [/bin/reload, now]";
    }
    if (arguments.size() > MAX_ARGUMENTS) {
      return "has more than " + MAX_ARGUMENTS + " words: put them in a script";
    }
    String program = arguments.getFirst();
    String problem = Rules.path(program, true);
    if (problem != null) {
      return problem;
    }
    if (program.charAt(0) != '/') {
      return "starts with no absolute path: there is no shell to look the program up";
    }
    for (String argument : arguments) {
      if (argument.length() > Rules.MAX_PATH) {
        return "has a word of more than " + Rules.MAX_PATH + " characters";
      }
      if (!Rules.isClean(argument)) {
        return "has a word with a control character or invisible text: remove it";
      }
    }
    return null;
  }
}
