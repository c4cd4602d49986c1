package dev.keyturn.mount;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/**
 * Takes a file of the formats in docs/mount.md apart into its keys. Strict: only what a writer
 * writes. Every failure is an {@link IllegalArgumentException} that says where, and holds no value.
 */
final class Fields {
  private Fields() {}

  static Map<String, String> ofProperties(byte[] content) {
    Properties properties = new Properties();
    try {
      properties.load(new ByteArrayInputStream(content));
    } catch (IOException e) {
      throw new AssertionError("a byte array can be read", e);
    }
    Map<String, String> fields = new LinkedHashMap<>();
    for (String key : properties.stringPropertyNames()) {
      fields.put(key, properties.getProperty(key));
    }
    return fields;
  }

  /** {@code KEY='value'} lines; {@code '\''} stands for a quote; a value may span lines. */
  static Map<String, String> ofEnv(String text) {
    Map<String, String> fields = new LinkedHashMap<>();
    int at = 0;
    while (at < text.length()) {
      int equals = text.indexOf('=', at);
      if (equals < 0) {
        throw new IllegalArgumentException("expected NAME='value' at character " + at);
      }
      String name = text.substring(at, equals);
      StringBuilder value = new StringBuilder();
      at = equals + 1;
      while (at < text.length() && text.charAt(at) != '\n') {
        if (text.startsWith("\\'", at)) {
          value.append('\'');
          at += 2;
          continue;
        }
        int end = text.charAt(at) == '\'' ? text.indexOf('\'', at + 1) : -1;
        if (end < 0) {
          throw new IllegalArgumentException(
              "expected a value in single quotes at character " + at);
        }
        value.append(text, at + 1, end);
        at = end + 1;
      }
      at++;
      put(fields, name, value.toString());
    }
    return fields;
  }

  /** A key as the name of a shell variable: as the writer of the {@code env} format makes it. */
  static String shellName(String key) {
    StringBuilder name = new StringBuilder(key.length());
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      boolean letterOrDigit =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      name.append(letterOrDigit ? c : '_');
    }
    return name.toString();
  }

  static Map<String, String> ofJson(String text) {
    JsonText json = new JsonText(text);
    Map<String, String> fields = new LinkedHashMap<>();
    json.space();
    json.expect('{');
    json.space();
    if (!json.take('}')) {
      do {
        json.space();
        String key = json.string();
        json.space();
        json.expect(':');
        json.space();
        put(fields, key, json.value());
        json.space();
      } while (json.take(','));
      json.expect('}');
    }
    json.space();
    json.end();
    return fields;
  }

  /** One {@code "key": value} a line, both in JSON's words. */
  static Map<String, String> ofYaml(String text) {
    JsonText json = new JsonText(text);
    Map<String, String> fields = new LinkedHashMap<>();
    if (text.equals("{}\n")) {
      return fields;
    }
    while (!json.atEnd()) {
      String key = json.string();
      json.expect(':');
      json.expect(' ');
      put(fields, key, json.value());
      if (!json.atEnd()) {
        json.expect('\n');
      }
    }
    return fields;
  }

  private static void put(Map<String, String> fields, String key, String value) {
    if (fields.put(key, value) != null) {
      throw new IllegalArgumentException("key '" + key + "' is there twice");
    }
  }
}
