package dev.keyturn.agenttests;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Searches a heap dump for a value as a JVM may hold it. */
public final class HeapDump {
  /** A char array is written in big-endian order; a String's bytes are as in memory. */
  private static final List<Charset> ENCODINGS =
      List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16BE, StandardCharsets.UTF_16LE);

  private HeapDump() {}

  public static boolean holds(byte[] dump, String value) {
    return ENCODINGS.stream().anyMatch(encoding -> contains(dump, value.getBytes(encoding)));
  }

  private static boolean contains(byte[] dump, byte[] value) {
    byte first = value[0];
    for (int i = 0; i <= dump.length - value.length; i++) {
      if (dump[i] == first) {
        int j = 1;
        while (j < value.length && dump[i + j] == value[j]) {
          j++;
        }
        if (j == value.length) {
          return true;
        }
      }
    }
    return false;
  }
}
