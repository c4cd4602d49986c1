package dev.keyturn.plan;

import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Plans as YAML 1.2. Reads the parser's events, not its objects: scalars stay as written, nothing
 * recurses, and an alias, which can blow a small text up, is refused.
 */
final class YamlText {
  private static final LoadSettings SETTINGS =
      LoadSettings.builder().setLabel("plan").setCodePointLimit(Rules.MAX_DOCUMENT).build();

  private YamlText() {}

  static Node read(String text, Place place, Problems problems) {
    var tree = new TreeBuilder(place, problems);
    boolean done = false;
    try {
      for (Event event : new Parse(SETTINGS).parseString(text)) {
        switch (event.getEventId()) {
          case DocumentStart -> {
            if (done) {
              throw bad(place, problems, "has a second document: write one", event.getStartMark());
            }
            done = true;
          }
          case MappingStart, SequenceStart -> {
            if (((CollectionStartEvent) event).getTag().isPresent()) {
              throw bad(
                  place, problems, "has a tag ('!'), which no plan needs", event.getStartMark());
            }
            if (event.getEventId() == Event.ID.MappingStart) {
              tree.beginMapping();
            } else {
              tree.beginSequence();
            }
          }
          case MappingEnd, SequenceEnd -> tree.end();
          case Scalar -> {
            var scalar = (ScalarEvent) event;
            if (scalar.getTag().isPresent()) {
              throw bad(
                  place, problems, "has a tag ('!'), which no plan needs", event.getStartMark());
            }
            tree.scalar(isNull(scalar) ? "" : scalar.getValue());
          }
          case Alias ->
              throw bad(place, problems, "has an alias ('*'): write it out", event.getStartMark());
          case Comment, DocumentEnd, StreamStart, StreamEnd -> {}
        }
      }
    } catch (MarkedYamlEngineException e) {
      // The parser's own message quotes the input.
      throw bad(place, problems, "not valid YAML" + hint(e), e.getProblemMark());
    } catch (YamlEngineException e) {
      throw bad(place, problems, "not valid YAML", Optional.empty());
    }
    return tree.root();
  }

  private static boolean isNull(ScalarEvent scalar) {
    return scalar.isPlain() && (scalar.getValue().equals("~") || scalar.getValue().equals("null"));
  }

  private static String hint(MarkedYamlEngineException e) {
    String problem = e.getProblem();
    if (problem == null) {
      return "";
    }
    if (problem.startsWith("mapping values are not allowed")) {
      return " (put quotes around a value that holds ': ')";
    }
    return problem.contains("TAB") ? " (indent with blanks, not with tabs)" : "";
  }

  private static PlanException bad(
      Place place, Problems problems, String message, Optional<Mark> mark) {
    String where =
        mark.isEmpty()
            ? ""
            : " at line " + (mark.get().getLine() + 1) + ", column " + (mark.get().getColumn() + 1);
    problems.add(place, message + where);
    return problems.exception();
  }
}
