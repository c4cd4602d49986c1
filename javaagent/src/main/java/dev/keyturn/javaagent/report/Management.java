package dev.keyturn.javaagent.report;

import java.util.ArrayList;
import java.util.List;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;

/**
 * Registers the agent's MXBean with the servers that the application has made, and makes none: that
 * would start logging, too, before an application server has set up its own.
 */
public final class Management {
  private static boolean absent;
  private static final List<MBeanServer> registered = new ArrayList<>();

  private Management() {}

  /** Called now and then by who follows the mount, from that one thread. */
  public static void register() {
    if (absent) {
      return;
    }
    try {
      for (MBeanServer server : MBeanServerFactory.findMBeanServer(null)) {
        if (!registered.contains(server)) {
          registered.add(server);
          server.registerMBean(new Agent(), new ObjectName("dev.keyturn:type=Agent"));
        }
      }
    } catch (LinkageError e) {
      absent = true; // no module java.management in this JVM
    } catch (JMException e) {
      Problems.once("the MXBean dev.keyturn:type=Agent could not be registered: " + e);
    }
  }
}
