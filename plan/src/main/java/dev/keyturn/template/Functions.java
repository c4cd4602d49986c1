package dev.keyturn.template;

import dev.keyturn.template.Values.JsonNumber;
import dev.keyturn.template.Values.Struct;
import dev.keyturn.template.Values.Unsigned;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The functions of Go and of consul-template, and why some are not here. */
final class Functions {
  private static final String CONSUL = "asks Consul, which holds no secrets here: use 'secret'";
  private static final String NOMAD = "asks Nomad, which holds no secrets here: use 'secret'";
  private static final String ENVIRONMENT =
      "reads the environment of the sidecar, which is not the application's: write the value into"
          + " the template";
  private static final String DEBUGGING =
      "shows the inside of values, secret ones too: use printf or toJSON";

  /** What consul-template has and this does not, each with the reason. */
  private static final Map<String, String> REFUSED =
      Map.ofEntries(
          Map.entry("env", ENVIRONMENT),
          Map.entry("mustEnv", ENVIRONMENT),
          Map.entry("envOrDefault", ENVIRONMENT),
          Map.entry(
              "file",
              "reads files of the sidecar, among them what it logs in with: use a secret of its own"
                  + " with from: file:PATH"),
          Map.entry(
              "writeToFile", "writes outside of the mount: make another secret with a template"),
          Map.entry("plugin", "runs a program in the sidecar: use on-change, or the application"),
          Map.entry("sockaddr", "looks at the sidecar's network: use the downward API"),
          Map.entry("call", "calls a function value, and there are none: name the function"),
          Map.entry("datacenters", CONSUL),
          Map.entry("partitions", CONSUL),
          Map.entry("peerings", CONSUL),
          Map.entry("exportedServices", CONSUL),
          Map.entry("key", CONSUL),
          Map.entry("keyExists", CONSUL),
          Map.entry("keyOrDefault", CONSUL),
          Map.entry("ls", CONSUL),
          Map.entry("safeLs", CONSUL),
          Map.entry("tree", CONSUL),
          Map.entry("safeTree", CONSUL),
          Map.entry("node", CONSUL),
          Map.entry("nodes", CONSUL),
          Map.entry("service", CONSUL),
          Map.entry("services", CONSUL),
          Map.entry("connect", CONSUL),
          Map.entry("caRoots", CONSUL),
          Map.entry("caLeaf", CONSUL),
          Map.entry("byKey", CONSUL),
          Map.entry("byPort", CONSUL),
          Map.entry("byTag", CONSUL),
          Map.entry("byMeta", CONSUL),
          Map.entry("explode", CONSUL + ", and 'explodeMap' for its keys"),
          Map.entry("nomadServices", NOMAD),
          Map.entry("nomadService", NOMAD),
          Map.entry("nomadVarList", NOMAD),
          Map.entry("nomadVarListSafe", NOMAD),
          Map.entry("nomadVar", NOMAD),
          Map.entry("nomadVarExists", NOMAD),
          Map.entry("spew_dump", DEBUGGING),
          Map.entry("spew_printf", DEBUGGING),
          Map.entry("spew_sdump", DEBUGGING),
          Map.entry("spew_sprintf", DEBUGGING));

  private Functions() {}

  /** Why a function is not there; null where it is not known at all. */
  static @Nullable String refusal(String name) {
    return name.startsWith(Sprig.PREFIX) && !ARITIES.containsKey(name)
        ? Sprig.refusal(name)
        : REFUSED.get(name);
  }

  /**
   * How many arguments a function takes.
   *
   * @param most {@link Integer#MAX_VALUE} for any number
   */
  record Arity(int fewest, int most) {}

  private static final Map<String, Arity> ARITIES = new TreeMap<>();

  private static void put(int fewest, int most, String... names) {
    for (String name : names) {
      ARITIES.put(name, new Arity(fewest, most));
    }
  }

  static {
    int any = Integer.MAX_VALUE;
    put(0, 0, "scratch");
    put(0, 1, "timestamp");
    put(0, any, "secret", "pkiCert", "html", "js", "urlquery", "print", "println");
    put(1, any, "and", "or", "index", "slice", "printf", "eq", "executeTemplate");
    put(1, 2, "loop");
    put(1, 1, "not", "len", "secrets");
    put(1, 1, "base64Decode", "base64Encode", "base64URLDecode", "base64URLEncode");
    put(1, 1, "explodeMap", "trimSpace", "toLower", "toUpper", "toTitle", "sha256Hex", "md5sum");
    put(1, 1, "parseBool", "parseFloat", "parseInt", "parseUint", "parseJSON", "parseYAML");
    put(1, 1, "toJSON", "toJSONPretty", "toUnescapedJSON", "toUnescapedJSONPretty", "toYAML");
    put(1, 1, "toTOML");
    put(2, 2, "ne", "lt", "le", "gt", "ge", "contains", "in");
    put(2, 2, "containsAll", "containsAny", "containsNone", "containsNotAll");
    put(2, 2, "mergeMap", "mergeMapWithOverride", "indent", "join", "split", "regexMatch");
    put(2, 2, "trim", "trimPrefix", "trimSuffix", "hmacSHA256Hex");
    put(2, 2, "add", "subtract", "multiply", "divide", "modulo", "minimum", "maximum");
    put(3, 3, "regexReplaceAll", "replaceAll", "splitToMap");
    put(0, any, "sprig_coalesce", "sprig_dict", "sprig_list", "sprig_quote", "sprig_squote");
    put(1, any, "sprig_default");
    put(1, 1, "sprig_b64dec", "sprig_b64enc", "sprig_empty", "sprig_fail", "sprig_first");
    put(1, 1, "sprig_last", "sprig_lower", "sprig_sha256sum", "sprig_toJson", "sprig_toString");
    put(1, 1, "sprig_trim", "sprig_upper");
    put(2, 2, "sprig_contains", "sprig_get", "sprig_has", "sprig_hasKey", "sprig_hasPrefix");
    put(2, 2, "sprig_hasSuffix", "sprig_indent", "sprig_join", "sprig_nindent", "sprig_repeat");
    put(2, 2, "sprig_splitList", "sprig_trimAll", "sprig_trimPrefix", "sprig_trimSuffix");
    put(2, 2, "sprig_trunc");
    put(3, 3, "sprig_replace", "sprig_ternary");
  }

  /** Null where there is no such function. */
  static @Nullable Arity arity(String name) {
    return ARITIES.get(name);
  }

  static List<String> names() {
    return List.copyOf(ARITIES.keySet());
  }

  /** Calls any but {@code and} and {@code or}, which do not evaluate all of their arguments. */
  static @Nullable Object call(Execution run, String name, Arguments in) {
    Budget budget = run.budget();
    return switch (name) {
      case "secret" -> secret(run, in);
      case "secrets" -> secrets(run, in);
      case "pkiCert" -> certificate(run, in);
      case "scratch" -> run.scratch();
      case "executeTemplate" -> {
        if (in.count() > 2) {
          throw new Failure("'executeTemplate' takes a name and at most one value");
        }
        yield run.execute(in.text(0), in.count() > 1 ? in.any(1) : null);
      }
      case "timestamp" -> timestamp(run, in);
      case "not" -> !Values.isTrue(in.any(0));
      case "len" -> (long) length(in.any(0));
      case "index" -> index(in);
      case "slice" -> slice(in);
      case "eq" -> isEqualToAny(in);
      case "ne" -> !isEqual(in.any(0), in.any(1));
      case "lt" -> isLess(in.any(0), in.any(1));
      case "le" -> isLess(in.any(0), in.any(1)) || isEqual(in.any(0), in.any(1));
      case "gt" -> !isLess(in.any(0), in.any(1)) && !isEqual(in.any(0), in.any(1));
      case "ge" -> !isLess(in.any(0), in.any(1));
      case "print" -> {
        var text = budget.build();
        new Format(budget, text).print(in.values());
        yield text.done();
      }
      case "println" -> {
        var text = budget.build();
        new Format(budget, text).println(in.values());
        yield text.done();
      }
      case "printf" -> {
        var text = budget.build();
        new Format(budget, text).printf(in.text(0), in.values().subList(1, in.count()));
        yield text.done();
      }
      case "html" -> Texts.html(printed(budget, in), budget);
      case "js" -> Texts.js(printed(budget, in), budget);
      case "urlquery" -> Texts.urlQuery(printed(budget, in), budget);
      case "add", "subtract", "multiply", "divide", "modulo", "minimum", "maximum" ->
          Numbers.calculate(name, in.any(0), in.any(1));
      case "loop" -> loop(budget, in);
      case "in" -> isIn(in.any(0), in.any(1));
      case "contains" -> isIn(in.any(1), in.any(0));
      case "containsAll" -> containsSome(in, true, true);
      case "containsAny" -> containsSome(in, false, false);
      case "containsNone" -> containsSome(in, true, false);
      case "containsNotAll" -> containsSome(in, false, true);
      case "explodeMap" -> explode(budget, in.map(0));
      case "mergeMap" -> merge(budget, in.map(0), in.map(1), false);
      case "mergeMapWithOverride" -> merge(budget, in.map(0), in.map(1), true);
      default ->
          name.startsWith(Sprig.PREFIX)
              ? Sprig.call(run, name.substring(Sprig.PREFIX.length()), in)
              : text(run, name, in);
    };
  }

  /** The functions that take a text first or last. */
  private static @Nullable Object text(Execution run, String name, Arguments in) {
    Budget budget = run.budget();
    return switch (name) {
      case "toJSON" -> Json.write(in.any(0), false, true, budget);
      case "toJSONPretty" -> Json.write(in.any(0), true, true, budget);
      case "toUnescapedJSON" -> Json.write(in.any(0), false, false, budget);
      case "toUnescapedJSONPretty" -> Json.write(in.any(0), true, false, budget);
      case "toTOML" -> Toml.write(in.any(0), budget);
      case "toYAML" -> Yaml.write(in.any(0), budget);
      case "indent" -> Texts.indent(in.integer(0), in.text(1), budget);
      case "join" -> Texts.join(in.text(0), in.list(1), budget);
      case "split" -> Texts.split(in.text(0), in.text(1), budget);
      case "splitToMap" -> Texts.splitToMap(in.text(0), in.text(1), in.text(2), budget);
      case "trim" -> Texts.trim(in.text(1), in.text(0));
      case "trimPrefix" -> Texts.withoutPrefix(in.text(0), in.text(1));
      case "trimSuffix" -> Texts.withoutSuffix(in.text(0), in.text(1));
      case "replaceAll" -> Texts.replaceAll(in.text(0), in.text(1), in.text(2), budget);
      case "regexMatch" -> Regex.matches(in.text(0), in.text(1), budget);
      case "regexReplaceAll" -> Regex.replaceAll(in.text(0), in.text(1), in.text(2), budget);
      case "hmacSHA256Hex" -> Texts.hmac(in.text(0), in.text(1));
      default -> ofText(name, in.text(0), budget);
    };
  }

  private static @Nullable Object ofText(String name, String text, Budget budget) {
    return switch (name) {
      case "base64Decode" -> Texts.decode(name, Base64.getDecoder(), text, budget);
      case "base64Encode" -> Texts.encode(Base64.getEncoder(), text, budget);
      case "base64URLDecode" -> Texts.decode(name, Base64.getUrlDecoder(), text, budget);
      case "base64URLEncode" -> Texts.encode(Base64.getUrlEncoder(), text, budget);
      case "trimSpace" -> Texts.trimSpace(text);
      case "toLower" -> Texts.map(text, Character::toLowerCase, budget);
      case "toUpper" -> Texts.map(text, Character::toUpperCase, budget);
      case "toTitle" -> Texts.title(text, budget);
      case "sha256Hex" -> Texts.digest("SHA-256", text);
      case "md5sum" -> Texts.digest("MD5", text);
      case "parseBool" -> parseBool(text);
      case "parseFloat" -> parseFloat(text);
      case "parseInt" -> parseInt(text);
      case "parseUint" -> parseUint(text);
      case "parseJSON" ->
          text.isEmpty()
              ? new TreeMap<String, Object>()
              : Json.read(Bytes.decode(text), false, budget);
      case "parseYAML" ->
          text.isEmpty() ? new TreeMap<String, Object>() : Yaml.read(Bytes.decode(text), budget);
      default -> throw new IllegalStateException("a function without code");
    };
  }

  private static String printed(Budget budget, Arguments in) {
    if (in.count() == 1 && in.any(0) instanceof String text) {
      return text;
    }
    var values = new ArrayList<@Nullable Object>();
    for (Object value : in.values()) {
      values.add(value == null ? "<no value>" : value);
    }
    var text = budget.build();
    new Format(budget, text).print(values);
    return text.done();
  }

  private static @Nullable Object secret(Execution run, Arguments in) {
    if (in.count() == 0) {
      return null;
    }
    Map<String, String> parameters = pairs(in);
    String path = in.text(0);
    int question = path.indexOf('?');
    Map<String, String> query = new LinkedHashMap<>();
    if (question >= 0) {
      for (String part : path.substring(question + 1).split("&", -1)) {
        int equals = part.indexOf('=');
        if (equals > 0) {
          query.put(
              Bytes.decode(part.substring(0, equals)), Bytes.decode(part.substring(equals + 1)));
        }
      }
      path = path.substring(0, question);
    }
    Optional<Answer> answer =
        run.ask(new Request.Secret(path(path), in.count() > 1 ? Map.of() : query, parameters));
    if (answer.isEmpty()) {
      return null;
    }
    var fields = new LinkedHashMap<String, @Nullable Object>();
    fields.put("RequestID", "");
    fields.put("LeaseID", Bytes.of(answer.get().leaseId()));
    fields.put("LeaseDuration", answer.get().leaseSeconds());
    fields.put("Renewable", answer.get().renewable());
    fields.put("Data", data(run, answer.get()));
    fields.put("Warnings", new ArrayList<Object>());
    fields.put("Auth", null);
    fields.put("WrapInfo", null);
    return new Struct("*dependency.Secret", fields);
  }

  private static Map<String, @Nullable Object> data(Execution run, Answer answer) {
    return Json.read(answer.data(), true, run.budget()) instanceof Map<?, ?> map
        ? Values.map(map)
        : new TreeMap<>();
  }

  private static Object secrets(Execution run, Arguments in) {
    if (in.text(0).isEmpty()) {
      return List.of();
    }
    var request = new Request.Listing(path(in.text(0)));
    return run.ask(request)
        .map(answer -> data(run, answer).get("keys"))
        .filter(keys -> keys instanceof List<?>)
        .map(keys -> (Object) ((List<?>) keys).stream().sorted().toList())
        .orElse(List.of());
  }

  private static @Nullable Object certificate(Execution run, Arguments in) {
    if (in.count() == 0) {
      return null;
    }
    Optional<Answer> answer = run.ask(new Request.Certificate(path(in.text(0)), pairs(in)));
    if (answer.isEmpty()) {
      return null;
    }
    Map<String, @Nullable Object> data = data(run, answer.get());
    var chain = new LinkedHashSet<String>();
    String issuer = pem(data.get("issuing_ca"));
    if (!issuer.isEmpty()) {
      chain.add(issuer);
    }
    if (data.get("ca_chain") instanceof List<?> list) {
      list.forEach(item -> chain.add(pem(item)));
    }
    var fields = new LinkedHashMap<String, @Nullable Object>();
    fields.put("CA", issuer);
    fields.put("CAChain", new ArrayList<Object>(chain));
    fields.put("Cert", pem(data.get("certificate")));
    fields.put("Key", pem(data.get("private_key")));
    // A method in Go, so that .Data.Cert works as well.
    var outer = new LinkedHashMap<>(fields);
    outer.put("Data", new Struct("dependency.PemEncoded", fields));
    return new Struct("dependency.PemEncoded", outer);
  }

  private static String pem(@Nullable Object value) {
    return value instanceof String text && !text.isBlank() ? Texts.trimSpace(text) + "\n" : "";
  }

  private static String path(String path) {
    String text = Bytes.decode(Texts.trimSpace(path));
    int from = 0;
    int to = text.length();
    while (from < to && text.charAt(from) == '/') {
      from++;
    }
    while (to > from && text.charAt(to - 1) == '/') {
      to--;
    }
    if (from == to) {
      throw new Failure("the path is empty", 0);
    }
    return text.substring(from, to);
  }

  /** The parameters of a request, {@code name=value} each. */
  private static Map<String, String> pairs(Arguments in) {
    var pairs = new LinkedHashMap<String, String>();
    for (int i = 1; i < in.count(); i++) {
      String pair = in.text(i);
      int equals = pair.indexOf('=');
      if (!pair.isEmpty() && equals < 0) {
        throw new Failure("this is no parameter: write name=value", i);
      }
      if (!pair.isEmpty()) {
        pairs.put(
            Bytes.decode(Texts.trimSpace(pair.substring(0, equals))),
            Bytes.decode(Texts.trimSpace(pair.substring(equals + 1))));
      }
    }
    return pairs;
  }

  private static String timestamp(Execution run, Arguments in) {
    String layout = in.count() == 0 ? "2006-01-02T15:04:05Z07:00" : in.text(0);
    return layout.equals("unix")
        ? Long.toString(run.data().now().getEpochSecond())
        : GoTime.format(layout, run.data().now());
  }

  private static int length(@Nullable Object value) {
    return switch (value) {
      case String text -> text.length();
      case JsonNumber number -> number.text().length();
      case List<?> list -> list.size();
      case Map<?, ?> map -> map.size();
      case null -> throw new Failure("nothing has no length: is the key there?");
      default -> throw new Failure("what is of type " + Values.type(value) + " has no length");
    };
  }

  private static @Nullable Object index(Arguments in) {
    Object item = in.any(0);
    if (item == null) {
      throw new Failure("nothing has no element: is the key there?");
    }
    for (int i = 1; i < in.count(); i++) {
      Object at = in.any(i);
      item =
          switch (item) {
            case null -> throw new Failure("nothing has no element: is the key there?");
            case String text -> new Unsigned(text.charAt(position(at, text.length() - 1)));
            case List<?> list -> list.get(position(at, list.size() - 1));
            case Map<?, ?> map -> {
              if (!(at instanceof String key)) {
                throw new Failure(
                    "a map's key is a string, and this is of type " + Values.type(at));
              }
              Object value = map.get(key);
              yield value == null && item instanceof Values.TextMap ? "" : value;
            }
            default ->
                throw new Failure("what is of type " + Values.type(item) + " has no elements");
          };
    }
    return item;
  }

  private static int position(@Nullable Object index, int last) {
    long at =
        switch (index) {
          case Long number -> number;
          case Unsigned number -> number.bits();
          case null, default ->
              throw new Failure("an index is a number, and this is of type " + Values.type(index));
        };
    if (at < 0 || at > last) {
      throw new Failure("the index " + at + " is out of range: there are " + (last + 1));
    }
    return (int) at;
  }

  private static Object slice(Arguments in) {
    if (in.count() > 4) {
      throw new Failure("'slice' takes three numbers at most");
    }
    int length =
        switch (in.any(0)) {
          case String text -> text.length();
          case List<?> list -> list.size();
          case null -> throw new Failure("nothing can't be sliced: is the key there?");
          default ->
              throw new Failure("what is of type " + Values.type(in.any(0)) + " can't be sliced");
        };
    if (in.count() == 4 && in.any(0) instanceof String) {
      throw new Failure("'slice' of a string takes two numbers at most");
    }
    int from = in.count() > 1 ? position(in.any(1), length) : 0;
    int to = in.count() > 2 ? position(in.any(2), length) : length;
    int most = in.count() > 3 ? position(in.any(3), length) : length;
    if (from > to || to > most) {
      throw new Failure("the numbers of 'slice' do not grow");
    }
    return in.any(0) instanceof List<?> list
        ? new ArrayList<>(list.subList(from, to))
        : in.text(0).substring(from, to);
  }

  private static boolean isEqualToAny(Arguments in) {
    if (in.count() == 1) {
      throw new Failure("'eq' takes two arguments at least");
    }
    for (int i = 1; i < in.count(); i++) {
      if (isEqual(in.any(0), in.any(i))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isEqual(@Nullable Object a, @Nullable Object b) {
    if (a == null || b == null) {
      return a == null && b == null;
    }
    return switch (a) {
      case Boolean x when b instanceof Boolean y -> x.equals(y);
      case Long x when b instanceof Long y -> x.equals(y);
      case Unsigned x when b instanceof Unsigned y -> x.equals(y);
      case Long x when b instanceof Unsigned y -> x >= 0 && x == y.bits();
      case Unsigned x when b instanceof Long y -> y >= 0 && y == x.bits();
      case Double x when b instanceof Double y -> x.doubleValue() == y.doubleValue();
      default -> {
        if (string(a) != null && string(b) != null) {
          yield String.valueOf(string(a)).equals(string(b));
        }
        throw incomparable(a, b);
      }
    };
  }

  private static @Nullable String string(@Nullable Object value) {
    return switch (value) {
      case String text -> text;
      case JsonNumber number -> number.text();
      case null, default -> null;
    };
  }

  private static boolean isLess(@Nullable Object a, @Nullable Object b) {
    return switch (a) {
      case Long x when b instanceof Long y -> x < y;
      case Unsigned x when b instanceof Unsigned y -> Long.compareUnsigned(x.bits(), y.bits()) < 0;
      case Long x when b instanceof Unsigned y -> x < 0 || Long.compareUnsigned(x, y.bits()) < 0;
      case Unsigned x when b instanceof Long y -> y >= 0 && Long.compareUnsigned(x.bits(), y) < 0;
      case Double x when b instanceof Double y -> x < y;
      case null, default -> {
        String x = string(a);
        String y = string(b);
        if (x != null && y != null) {
          yield x.compareTo(y) < 0;
        }
        throw incomparable(a, b);
      }
    };
  }

  private static Failure incomparable(@Nullable Object a, @Nullable Object b) {
    return new Failure(
        "what is of type "
            + Values.type(a)
            + " can't be compared with what is of type "
            + Values.type(b));
  }

  private static List<@Nullable Object> loop(Budget budget, Arguments in) {
    long start = in.count() == 1 ? 0 : bound(in.any(0));
    long stop = bound(in.any(in.count() - 1));
    var numbers = new ArrayList<@Nullable Object>();
    for (long i = start; i < stop; i++) {
      budget.step(1);
      numbers.add(i);
    }
    return numbers;
  }

  private static long bound(@Nullable Object value) {
    return switch (value) {
      case Long number -> number;
      case Unsigned number -> number.bits();
      case String text -> parseInt(text);
      case JsonNumber number -> parseInt(number.text());
      case null, default ->
          throw new Failure("'loop' takes numbers, and this is of type " + Values.type(value));
    };
  }

  private static boolean isIn(@Nullable Object in, @Nullable Object value) {
    if (in instanceof List<?> list) {
      for (Object element : list) {
        boolean same =
            switch (element) {
              case Long x -> x.equals(value);
              case Double x -> value instanceof Double y && x.doubleValue() == y.doubleValue();
              case String x -> x.equals(value);
              case JsonNumber x -> x.equals(value);
              case null, default -> false;
            };
        if (same) {
          return true;
        }
      }
      return false;
    }
    return in instanceof String text && value instanceof String part && text.contains(part);
  }

  private static boolean containsSome(Arguments in, boolean otherwise, boolean inverted) {
    for (Object value : in.list(0)) {
      if (isIn(in.any(1), value) != inverted) {
        return !otherwise;
      }
    }
    return otherwise;
  }

  private static Map<String, @Nullable Object> explode(
      Budget budget, Map<String, @Nullable Object> flat) {
    var deep = new TreeMap<String, @Nullable Object>();
    for (var entry : new TreeMap<>(flat).entrySet()) {
      Map<String, @Nullable Object> at = deep;
      String rest = entry.getKey();
      for (int slash = rest.indexOf('/'); slash >= 0; slash = rest.indexOf('/')) {
        budget.step(1);
        String top = rest.substring(0, slash);
        if (!at.containsKey(top)) {
          at.put(top, new TreeMap<String, Object>());
        }
        if (!(at.get(top) instanceof Map<?, ?> map)) {
          throw new Failure("'explodeMap': one key is both a value and a directory");
        }
        at = Values.map(map);
        rest = rest.substring(slash + 1);
      }
      if (!rest.isEmpty()) {
        at.put(rest, entry.getValue());
      }
    }
    return deep;
  }

  /** Adds what is not there, deeply; the first map changes, as in consul-template. */
  private static Map<String, @Nullable Object> merge(
      Budget budget,
      Map<String, @Nullable Object> into,
      Map<String, @Nullable Object> from,
      boolean overrides) {
    budget.enter();
    for (var entry : from.entrySet()) {
      budget.step(1);
      String key = entry.getKey();
      Object old = into.get(key);
      Object value = entry.getValue();
      if (old instanceof Map<?, ?> inner && value instanceof Map<?, ?> more) {
        merge(budget, Values.map(inner), Values.map(more), overrides);
      } else if (overrides || !Values.isTrue(old)) {
        into.put(key, value);
      }
    }
    budget.leave();
    return into;
  }

  private static boolean parseBool(String text) {
    return switch (text) {
      case "1", "t", "T", "true", "TRUE", "True" -> true;
      case "", "0", "f", "F", "false", "FALSE", "False" -> false;
      default -> throw new Failure("'parseBool': this is neither true nor false");
    };
  }

  private static double parseFloat(String text) {
    if (text.isEmpty()) {
      return 0;
    }
    String lower = text.toLowerCase(java.util.Locale.ROOT);
    String unsigned = lower.startsWith("+") || lower.startsWith("-") ? lower.substring(1) : lower;
    if (unsigned.equals("inf") || unsigned.equals("infinity")) {
      return lower.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    if (lower.equals("nan")) {
      return Double.NaN;
    }
    char last = lower.charAt(lower.length() - 1);
    boolean hex = unsigned.startsWith("0x");
    try {
      if (last == '.'
          || (last >= '0' && last <= '9')
          || (hex && last <= 'f' && lower.contains("p"))) {
        double value = Double.parseDouble(lower);
        if (!Double.isInfinite(value) && !lower.isBlank() && lower.strip().equals(lower)) {
          return value;
        }
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new Failure("'parseFloat': this is no number, or too large");
  }

  private static long parseInt(String text) {
    BigInteger value = whole("parseInt", text, true);
    if (value.bitLength() > 63) {
      throw new Failure("'parseInt': this is beyond 64 bits");
    }
    return value.longValue();
  }

  private static Unsigned parseUint(String text) {
    BigInteger value = whole("parseUint", text, false);
    if (value.bitLength() > 64) {
      throw new Failure("'parseUint': this is beyond 64 bits");
    }
    return new Unsigned(value.longValue());
  }

  private static BigInteger whole(String function, String text, boolean signed) {
    int from = signed && (text.startsWith("-") || text.startsWith("+")) ? 1 : 0;
    boolean good = text.length() > from && text.length() < 1000;
    for (int i = from; good && i < text.length(); i++) {
      good = text.charAt(i) >= '0' && text.charAt(i) <= '9';
    }
    if (!good && !text.isEmpty()) {
      throw new Failure("'" + function + "': this is no whole number");
    }
    return text.isEmpty() ? BigInteger.ZERO : new BigInteger(text);
  }
}
