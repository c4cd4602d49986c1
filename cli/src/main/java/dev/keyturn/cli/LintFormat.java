package dev.keyturn.cli;

import dev.keyturn.webhook.manifest.Finding;
import dev.keyturn.webhook.manifest.Finding.Level;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** How findings are told. */
enum LintFormat {
  /** A line each, for people. */
  TEXT,
  /** A workflow command each, which GitHub shows beside the line ("Workflow commands"). */
  GITHUB,
  /** One SARIF log (OASIS SARIF 2.1.0), for code scanning. */
  SARIF;

  /**
   * @param file as it was named, or found
   */
  record Found(String file, Finding finding) {}

  /** All findings as one text, with a line's end where there is any. */
  String text(List<Found> found) {
    return switch (this) {
      case TEXT -> lines(found);
      case GITHUB -> commands(found);
      case SARIF -> sarif(found);
    };
  }

  private static String lines(List<Found> found) {
    var text = new StringBuilder();
    for (Found one : found) {
      Finding finding = one.finding();
      text.append(one.file()).append(':').append(finding.position().line());
      text.append(':').append(finding.position().column()).append(": ");
      text.append(level(finding)).append(": ").append(finding.text()).append('\n');
    }
    return text.toString();
  }

  private static String level(Finding finding) {
    return finding.level().name().toLowerCase(Locale.ROOT);
  }

  private static String command(Finding finding) {
    return finding.level() == Level.NOTE ? "notice" : level(finding);
  }

  private static String commands(List<Found> found) {
    var text = new StringBuilder();
    for (Found one : found) {
      Finding finding = one.finding();
      text.append("::").append(command(finding));
      text.append(" file=").append(property(one.file()));
      text.append(",line=").append(finding.position().line());
      text.append(",col=").append(finding.position().column());
      text.append(",title=").append(property("keyturn: " + finding.rule()));
      text.append("::").append(data(finding.text())).append('\n');
    }
    return text.toString();
  }

  private static String data(String text) {
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
  }

  private static String property(String text) {
    return data(text).replace(":", "%3A").replace(",", "%2C");
  }

  private static String sarif(List<Found> found) {
    JsonMapper json = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    ObjectNode log = json.createObjectNode();
    log.put("$schema", "https://json.schemastore.org/sarif-2.1.0.json").put("version", "2.1.0");
    ObjectNode run = log.putArray("runs").addObject();
    ObjectNode driver = run.putObject("tool").putObject("driver").put("name", "keyturn");
    ArrayNode rules = driver.putArray("rules");
    var ids = new TreeSet<String>();
    found.forEach(one -> ids.add(one.finding().rule()));
    ids.forEach(id -> rules.addObject().put("id", id));
    ArrayNode results = run.putArray("results");
    for (Found one : found) {
      Finding finding = one.finding();
      ObjectNode result = results.addObject().put("ruleId", finding.rule());
      result.put("level", level(finding));
      result.putObject("message").put("text", finding.text());
      ObjectNode place = result.putArray("locations").addObject().putObject("physicalLocation");
      place.putObject("artifactLocation").put("uri", one.file().replace('\\', '/'));
      place
          .putObject("region")
          .put("startLine", finding.position().line())
          .put("startColumn", finding.position().column());
    }
    return json.writeValueAsString(log) + "\n";
  }
}
