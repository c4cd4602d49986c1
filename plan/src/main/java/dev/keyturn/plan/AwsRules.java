package dev.keyturn.plan;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The rules of {@link Source#AWS_SSM}, {@link Source#AWS_SM} and the section {@code aws}. */
final class AwsRules {
  /** SSM API reference, LabelParameterVersion. */
  private static final int MAX_LABEL = 100;

  /** Secrets Manager API reference, GetSecretValue. */
  private static final int MAX_STAGE = 256;

  private static final int MIN_VERSION_ID = 32;
  private static final int MAX_VERSION_ID = 64;

  private AwsRules() {}

  /** A parameter's or secret's name, an ARN, or with a slash at its end all parameters below it. */
  static @Nullable String path(Source source, String path) {
    boolean below = isBelow(source, path);
    String problem = Rules.path(below ? path.substring(0, path.length() - 1) : path, true);
    if (problem != null) {
      return below && path.length() == 1
          ? "the path is that of all parameters: write at least one segment, such as /prod/db/"
          : problem;
    }
    if (below && path.charAt(0) != '/') {
      return "a path with a slash at its end starts with one, too: /prod/db/";
    }
    String others = source == Source.AWS_SSM ? "/_.-" : "/_+=.@-";
    boolean arn = path.startsWith("arn:");
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (!Rules.isLetterOrDigit(c) && others.indexOf(c) < 0 && !(arn && c == ':')) {
        return "the path holds what no name has: letters, digits and "
            + others
            + "; a version is an option: ?version=3";
      }
    }
    if (arn) {
      String service = source == Source.AWS_SSM ? "ssm" : "secretsmanager";
      String[] parts = path.split(":", 6);
      if (parts.length < 6 || !parts[2].equals(service) || parts[3].isEmpty()) {
        return "the path is an ARN of something else: arn:aws:" + service + ":REGION:ACCOUNT:...";
      }
    }
    return null;
  }

  /** Whether this is all parameters below a path. */
  static boolean isBelow(Source source, String path) {
    return source == Source.AWS_SSM && path.endsWith("/");
  }

  static @Nullable String option(String name, String value) {
    return switch (name) {
      case "format" ->
          value.equals("json") || value.equals("raw") ? null : "format is one of json and raw";
      case "recursive" -> value.equals("true") ? null : "recursive is true, or not there";
      case "label" ->
          isOf(value, 1, MAX_LABEL, "_.-") && !Rules.isDigit(value.charAt(0))
              ? null
              : "label is letters, digits, '_', '.' and '-', and starts with no digit";
      case "stage" ->
          isOf(value, 1, MAX_STAGE, "/_+=.@-")
              ? null
              : "stage is the name of a stage, such as AWSPREVIOUS";
      default ->
          isOf(value, MIN_VERSION_ID, MAX_VERSION_ID, "-")
              ? null
              : "version-id is the id of a version: 32 to 64 letters, digits and '-'";
    };
  }

  private static boolean isOf(String text, int min, int max, String others) {
    boolean good = text.length() >= min && text.length() <= max;
    for (int i = 0; good && i < text.length(); i++) {
      good = Rules.isLetterOrDigit(text.charAt(i)) || others.indexOf(text.charAt(i)) >= 0;
    }
    return good;
  }

  /** What the parts of a reference make of each other. */
  static void check(
      Problems problems,
      Place place,
      Source source,
      String path,
      Map<String, String> options,
      Optional<String> key) {
    if (isBelow(source, path)) {
      for (String option : new String[] {"version", "label", "format"}) {
        if (options.containsKey(option)) {
          problems.add(
              place, option + " is of one parameter, and a path with a slash at its end is of all");
        }
      }
    } else if (options.containsKey("recursive")) {
      problems.add(place, "recursive is for a path: write a slash at its end");
    }
    if (options.containsKey("version") && options.containsKey("label")) {
      problems.add(place, "version and label each name a version: keep one");
    }
    if (options.containsKey("version-id") && options.containsKey("stage")) {
      problems.add(place, "version-id and stage each name a version: keep one");
    }
    if (key.isPresent() && isWhole(source, path, options)) {
      problems.add(place, "a raw value has no keys: drop the '#', or say ?format=json");
    }
  }

  /** Whether the value is one field, whatever it is. */
  static boolean isWhole(Source source, String path, Map<String, String> options) {
    String format = options.get("format");
    return format == null
        ? source == Source.AWS_SSM && !isBelow(source, path)
        : format.equals("raw");
  }

  /** What is wrong with a setting; one line already. */
  static @Nullable String setting(String key, String value) {
    return switch (key) {
      case "region" -> isOf(value, 1, Rules.MAX_LABEL, "-") ? null : "is no region: eu-central-1";
      case "endpoint" -> endpoint(value);
      case "role-arn" ->
          value.startsWith("arn:") && value.contains(":iam::") && value.contains(":role/")
              ? null
              : "is no role's ARN: arn:aws:iam::123456789012:role/shop";
      default -> Rules.path(value, true);
    };
  }

  private static @Nullable String endpoint(String value) {
    try {
      return VaultSettings.addressProblem(new URI(value));
    } catch (URISyntaxException e) {
      return "is no URL: https://vpce-0123.ssm.eu-central-1.vpce.amazonaws.com";
    }
  }
}
