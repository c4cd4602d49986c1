package dev.keyturn.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code keyturn status}: what a mount holds, read from its manifest ({@code docs/mount.md}), which
 * has no value.
 */
@Command(
    name = "status",
    description = "Says what a mount holds: files, references, versions, ages; no value.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:the mount was read",
      "1:the directory is no mount, or nothing is published in it",
      "2:the command line is wrong"
    })
final class StatusCommand implements Callable<Integer> {

  private static final int NO_MOUNT = 1;

  @Parameters(
      arity = "0..1",
      paramLabel = "DIR",
      defaultValue = "${env:KEYTURN_MOUNT:-/keyturn/secrets}",
      description = "The mount; without it, $$KEYTURN_MOUNT, else /keyturn/secrets.")
  private Path directory;

  @Spec private CommandSpec spec;

  private final Clock clock;

  @SuppressWarnings("unused") // picocli makes the command
  StatusCommand() {
    this(Clock.systemUTC());
  }

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before call()
  StatusCommand(Clock clock) {
    this.clock = clock;
  }

  @Override
  public Integer call() {
    Properties manifest = manifest();
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("FILE", "REFERENCE", "VERSION", "FORMAT", "AGE"));
    for (int n = 0; manifest.containsKey("file." + n + ".name"); n++) {
      String file = "file." + n + ".";
      rows.add(
          List.of(
              manifest.getProperty(file + "name"),
              manifest.getProperty(file + "reference", "?"),
              manifest.getProperty(file + "version", "?"),
              manifest.getProperty(file + "format", "?"),
              age(manifest.getProperty(file + "fetched-at", ""))));
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println(directory + ": generation " + manifest.getProperty("generation"));
    printTable(rows, out);
    return 0;
  }

  private Properties manifest() {
    Properties manifest = new Properties();
    try (InputStream in =
        Files.newInputStream(directory.resolve("..data").toRealPath().resolve("..manifest"))) {
      manifest.load(in);
    } catch (NoSuchFileException e) {
      throw new CommandFailure(
          NO_MOUNT,
          "nothing is published in "
              + directory
              + ": "
              + e.getFile()
              + " does not exist. Name the mount: keyturn status DIR.");
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandFailure(NO_MOUNT, "cannot read the mount " + directory + ": " + e + ".");
    }
    if (!"1".equals(manifest.getProperty("format"))) {
      throw new CommandFailure(
          NO_MOUNT,
          "the mount " + directory + " was written by another version of Keyturn: use that one.");
    }
    return manifest;
  }

  private String age(String fetchedAt) {
    try {
      Duration age = Duration.between(Instant.parse(fetchedAt), clock.instant());
      if (age.toDays() > 0) {
        return age.toDays() + "d" + age.toHoursPart() + "h";
      }
      if (age.toHours() > 0) {
        return age.toHours() + "h" + age.toMinutesPart() + "m";
      }
      if (age.toMinutes() > 0) {
        return age.toMinutes() + "m" + age.toSecondsPart() + "s";
      }
      return age.toSeconds() + "s";
    } catch (DateTimeParseException e) {
      return "?";
    }
  }

  private static void printTable(List<List<String>> rows, PrintWriter out) {
    List<Integer> widths = new ArrayList<>(Collections.nCopies(rows.getFirst().size(), 0));
    for (List<String> row : rows) {
      for (int column = 0; column < row.size(); column++) {
        widths.set(column, Math.max(widths.get(column), row.get(column).length()));
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < row.size(); column++) {
        String cell = row.get(column);
        line.append(cell).append(" ".repeat(widths.get(column) - cell.length() + 2));
      }
      out.println(line.toString().stripTrailing());
    }
  }
}
