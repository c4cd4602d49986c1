package dev.keyturn.plan;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Builds a tree from the events of a parser, without recursion and within bounds, and reports keys
 * that are there twice.
 */
final class TreeBuilder {
  /** A plan needs four: secrets, a name, env, a name. */
  static final int MAX_DEPTH = 16;

  /** What thousand secrets need, each with all its keys and a few names. */
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

  private static final class Frame {
    final Node node;
    final Place place;
    final Node.@Nullable Mapping mapping;
    final @Nullable List<Node> items;
    @Nullable String key;

    Frame(Node node, Place place, Node.@Nullable Mapping mapping, @Nullable List<Node> items) {
      this.node = node;
      this.place = place;
      this.mapping = mapping;
      this.items = items;
    }
  }

  void beginMapping() {
    var mapping = new Node.Mapping();
    frames.push(new Frame(mapping, open(), mapping, null));
  }

  void beginSequence() {
    var items = new ArrayList<Node>();
    frames.push(new Frame(new Node.Sequence(items), open(), null, items));
  }

  private Place open() {
    Frame parent = frames.peek();
    if (frames.size() == MAX_DEPTH) {
      throw tooMuch(parent, "is nested deeper than " + MAX_DEPTH + " levels");
    }
    if (parent == null) {
      return place;
    }
    if (parent.mapping != null && parent.key == null) {
      throw tooMuch(parent, "has a key that is no text");
    }
    return parent.key == null ? parent.place.at("list") : parent.place.at(parent.key);
  }

  void end() {
    add(frames.pop().node);
  }

  /** A scalar: a key where a mapping waits for one, else a value. */
  void scalar(String value) {
    Frame frame = frames.peek();
    if (frame != null && frame.mapping != null && frame.key == null) {
      frame.key = value;
    } else {
      add(new Node.Text(value));
    }
  }

  private void add(Node node) {
    Frame frame = frames.peek();
    if (++nodes > MAX_NODES) {
      throw tooMuch(frame, "the plan has more than " + MAX_NODES + " values");
    }
    if (frame == null) {
      root = node;
    } else if (frame.items != null) {
      frame.items.add(node);
    } else if (frame.mapping != null && frame.key != null) {
      if (frame.mapping.entries().putIfAbsent(frame.key, node) != null) {
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
