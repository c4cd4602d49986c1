package dev.keyturn.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads what was named on the command line. */
final class TextFile {
  /** Stands for the standard input. */
  static final String STANDARD_INPUT = "-";

  private TextFile() {}

  /**
   * A file's text.
   *
   * @param what the file is, for the message
   * @throws CommandFailure if it can't be read
   */
  static String read(Path file, String what) {
    try {
      return file.toString().equals(STANDARD_INPUT)
          ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
          : Files.readString(file);
    } catch (NoSuchFileException e) {
      throw unreadable(file, what, "there is no such file");
    } catch (CharacterCodingException e) {
      throw unreadable(file, what, "it is not UTF-8 text");
    } catch (IOException | UncheckedIOException e) {
      throw unreadable(file, what, e.toString());
    }
  }

  private static CommandFailure unreadable(Path file, String what, String why) {
    return new CommandFailure(
        CommandFailure.WRONG_USE, "cannot read " + what + " " + file + ": " + why + ".");
  }
}
