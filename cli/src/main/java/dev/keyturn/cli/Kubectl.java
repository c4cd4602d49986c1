package dev.keyturn.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The user's own {@code kubectl}: it knows the cluster, and every way of proving who the user is.
 */
@FunctionalInterface
interface Kubectl {

  /**
   * What it said.
   *
   * @param exitCode 0 where it did what it was asked
   * @param out its standard output
   * @param error its standard error
   */
  record Answer(int exitCode, String out, String error) {}

  /**
   * Runs it.
   *
   * @param input its standard input
   * @throws CommandFailure if it cannot be run
   */
  Answer run(List<String> arguments, String input);

  /** The one on the {@code PATH}, for a context of the kubeconfig; the current one where empty. */
  static Kubectl onPath(String context) {
    return (arguments, input) -> {
      var command = new ArrayList<>(List.of("kubectl"));
      if (!context.isEmpty()) {
        command.add("--context=" + context);
      }
      command.addAll(arguments);
      try {
        // Errors go to a file, so that neither pipe can fill up while the other is read.
        Path errors = Files.createTempFile("keyturn-kubectl", ".err");
        try {
          Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
          try (var in = process.getOutputStream()) {
            in.write(input.getBytes(UTF_8));
          } catch (IOException e) {
            // It has ended without reading: its own words say why.
          }
          String out = new String(process.getInputStream().readAllBytes(), UTF_8);
          return new Answer(process.waitFor(), out, Files.readString(errors).strip());
        } finally {
          Files.delete(errors);
        }
      } catch (IOException | UncheckedIOException e) {
        throw new CommandFailure(
            CommandFailure.WRONG_USE,
            "cannot run kubectl: " + e + ". Install it, or put it on PATH.");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CommandFailure(CommandFailure.WRONG_USE, "interrupted while kubectl ran.");
      }
    };
  }
}
