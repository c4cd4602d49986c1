package dev.keyturn.plan;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Builds a tree from the events of a parser, without recursion and within bounds, and reports keys
 * that are there twice.
 */
final class TreeBuilder {
  /** A plan needs four: secrets, a name, env, a name. */
  static final int MAX_DEPTH = 16;

  /** What a thousand secrets need, each with all its keys and a few names. */
  static final int MAX_NODES = 50_000;

  private final Place place;
  private final Problems problems;
  private final Deque<Frame> frames = new ArrayDeque<>();
  private @Nullable Node root;
  private int nodes;

  /**
   * @param place of the whole
   */
  TreeBuilder(Place place, Problems problems) {
    this.place = place;
    this.problems = problems;
  }

  /** A collection that is still open, and in a mapping the key that waits for its value. */
  private static final class Frame {
    final Node node;
    final Place place;
    @Nullable String key;

    Frame(Node node, Place place) {
      this.node = node;
      this.place = place;
    }

    boolean awaitsKey() {
      return node instanceof Node.Mapping && key == null;
    }
  }

  void beginMapping() {
    open(new Node.Mapping());
  }

  void beginSequence() {
    open(new Node.Sequence(new ArrayList<>()));
  }

  private void open(Node node) {
    Frame parent = frames.peek();
    if (frames.size() == MAX_DEPTH) {
      throw tooMuch(parent, "is nested deeper than " + MAX_DEPTH + " levels");
    }
    if (parent == null) {
      frames.push(new Frame(node, place));
    } else if (parent.awaitsKey()) {
      throw tooMuch(parent, "has a key that is no text");
    } else {
      frames.push(new Frame(node, parent.key == null ? parent.place : parent.place.at(parent.key)));
    }
  }

  void end() {
    add(frames.pop().node);
  }

  /** A scalar: a key where a mapping waits for one, else a value. */
  void scalar(String value) {
    Frame frame = frames.peek();
    if (frame != null && frame.awaitsKey()) {
      frame.key = value;
    } else {
      add(new Node.Text(value));
    }
  }

  private void add(Node node) {
    Frame frame = frames.peek();
    if (++nodes > MAX_NODES) {
      throw tooMuch(frame, "has more than " + MAX_NODES + " values");
    }
    if (frame == null) {
      root = node;
    } else if (frame.node instanceof Node.Sequence(var items)) {
      items.add(node);
    } else if (frame.node instanceof Node.Mapping(var entries) && frame.key != null) {
      if (entries.putIfAbsent(frame.key, node) != null) {
        problems.add(frame.place.at(frame.key), "is there twice: keep one");
      }
      frame.key = null;
    }
  }

  private PlanException tooMuch(@Nullable Frame frame, String message) {
    problems.add(frame == null ? place : frame.place, message);
    return problems.exception();
  }

  /** What was built, once the parser is done; an empty text where there was nothing. */
  Node root() {
    return root == null ? new Node.Text("") : root;
  }
}
