package dev.keyturn.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A command that Vault Agent would give to a shell, understood as far as it can be done here. */
sealed interface AgentCommand {
  /**
   * It can be done after a change.
   *
   * @param onChange as a plan writes it
   */
  record Done(String onChange) implements AgentCommand {}

  /** The files are right without it. */
  record NotNeeded() implements AgentCommand {}

  /** It needs a shell, or a program that is not there. */
  record Unknown() implements AgentCommand {}

  /** Programs that only prepare the files, or wait. */
  Set<String> PREPARING =
      Set.of("chmod", "chown", "chgrp", "touch", "true", ":", "echo", "sleep", "exit", "ls", "cat");

  /** Options of {@code curl} and {@code wget} that don't change what is called. */
  Set<String> CALL_OPTIONS =
      Set.of(
          "-s",
          "-S",
          "-f",
          "-sS",
          "-fsS",
          "-sf",
          "-fs",
          "-k",
          "-v",
          "-L",
          "-q",
          "-O-",
          "-qO-",
          "-i",
          "--silent",
          "--fail",
          "--show-error",
          "--insecure",
          "--quiet",
          "-X",
          "--request");

  /** Understands a command, of which words alone come back, and of those no unusual one. */
  static AgentCommand read(String text) {
    List<String> words = words(text);
    if (words.isEmpty()) {
      return new NotNeeded();
    }
    String program = words.getFirst().substring(words.getFirst().lastIndexOf('/') + 1);
    List<String> rest = words.subList(1, words.size());
    String action =
        switch (program) {
          case "kill", "pkill", "killall" -> signal(program.equals("kill"), rest);
          case "curl", "wget" -> call(program.equals("wget"), rest);
          default -> null;
        };
    if (action != null) {
      return new Done("[" + action + "]");
    }
    return PREPARING.contains(program) && !text.contains(";") && !text.contains("&&")
        ? new NotNeeded()
        : new Unknown();
  }

  /** The words, without a shell around them and without what makes a failure a success. */
  private static List<String> words(String text) {
    String command = text.strip();
    for (String shell : List.of("/bin/sh -c ", "sh -c ", "/bin/bash -c ", "bash -c ")) {
      if (command.startsWith(shell)) {
        command = command.substring(shell.length()).strip();
        command = unquoted(command).strip();
      }
    }
    for (String end : List.of("|| true", "|| :", "2>/dev/null", ">/dev/null 2>&1", "> /dev/null")) {
      if (command.endsWith(end)) {
        command = command.substring(0, command.length() - end.length()).strip();
      }
    }
    command = command.replace("$(", " ( ").replace(")", " ) ").replace("`", " ` ");
    var words = new ArrayList<String>();
    for (String word : command.split("\\s+", -1)) {
      if (!word.isEmpty()) {
        words.add(unquoted(word));
      }
    }
    return words;
  }

  private static String unquoted(String word) {
    boolean quoted =
        word.length() > 1
            && "'\"".indexOf(word.charAt(0)) >= 0
            && word.charAt(0) == word.charAt(word.length() - 1);
    return quoted ? word.substring(1, word.length() - 1) : word;
  }

  /**
   * {@code kill -HUP $(pidof nginx)}, {@code pkill -HUP nginx}.
   *
   * @param byNumber whether the process is named by another program
   */
  private static @Nullable String signal(boolean byNumber, List<String> words) {
    String signal = "TERM";
    var names = new ArrayList<String>();
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (List.of("-s", "--signal").contains(word) && i + 1 < words.size()) {
        signal = words.get(++i);
      } else if (word.startsWith("-") && !List.of("-x", "-e", "-o", "-n").contains(word)) {
        signal = word.substring(1);
      } else if (!word.startsWith("-")) {
        names.add(word);
      }
    }
    if (byNumber) {
      boolean found =
          names.size() == 4
              && List.of("()", "``").contains(names.getFirst() + names.get(3))
              && List.of("pidof", "pgrep").contains(names.get(1));
      names = found ? new ArrayList<>(List.of(names.get(2))) : new ArrayList<>();
    }
    signal = named(signal);
    return names.size() == 1
            && ActionRules.signal(signal) == null
            && isPlain(names.getFirst(), "._-")
        ? "{signal: " + signal + ", process: \"" + names.getFirst() + "\"}"
        : null;
  }

  /** A signal by its name, where it was by its number (signal(7)). */
  private static String named(String signal) {
    String upper = signal.toUpperCase(Locale.ROOT);
    return switch (upper) {
      case "1" -> "HUP";
      case "2" -> "INT";
      case "3" -> "QUIT";
      case "10" -> "USR1";
      case "12" -> "USR2";
      case "15" -> "TERM";
      default -> upper.startsWith("SIG") ? upper.substring("SIG".length()) : upper;
    };
  }

  /** {@code curl -X POST http://localhost:8080/reload}. */
  private static @Nullable String call(boolean wget, List<String> words) {
    String method = "GET";
    String url = null;
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (List.of("-X", "--request").contains(word) && i + 1 < words.size()) {
        method = words.get(++i);
      } else if (word.startsWith("-X")) {
        method = word.substring(2);
      } else if (wget && List.of("--post-data=", "--post-data=''").contains(word)) {
        method = "POST";
      } else if (word.startsWith("http://") || word.startsWith("https://")) {
        if (url != null) {
          return null;
        }
        url = word;
      } else if (!CALL_OPTIONS.contains(word)) {
        return null;
      }
    }
    return url != null && ActionRules.method(method) == null && isPlain(url, ":/._-?=&%[]")
        ? "{http: \"" + url + "\", method: " + method + "}"
        : null;
  }

  private static boolean isPlain(String text, String others) {
    boolean good = !text.isEmpty();
    for (int i = 0; good && i < text.length(); i++) {
      good = Rules.isLetterOrDigit(text.charAt(i)) || others.indexOf(text.charAt(i)) >= 0;
    }
    return good;
  }
}
