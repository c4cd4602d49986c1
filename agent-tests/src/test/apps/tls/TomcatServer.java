import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Files;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;

/** Tomcat with a type of key store, or PEM; a second word: with a trust store for clients. */
public class TomcatServer {
  public static void main(String[] args) throws Exception {
    String mount = System.getProperty("keyturn.mount") + "/..data/";
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(Files.createTempDirectory("tomcat").toString());
    SSLHostConfig host = new SSLHostConfig();
    SSLHostConfigCertificate certificate =
        new SSLHostConfigCertificate(host, SSLHostConfigCertificate.Type.UNDEFINED);
    if (args[0].equals("PEM")) {
      certificate.setCertificateFile(mount + "web");
      certificate.setCertificateKeyFile(mount + "web");
    } else {
      certificate.setCertificateKeystoreFile(mount + "web");
      certificate.setCertificateKeystoreType(args[0]);
      certificate.setCertificateKeystorePassword("changeit");
    }
    host.addCertificate(certificate);
    if (args.length > 1) {
      host.setCertificateVerification("required");
      host.setTruststoreFile(mount + "clients");
      host.setTruststoreType(args[0]);
      host.setTruststorePassword("changeit");
    }
    Connector connector = new Connector();
    connector.setPort(0);
    connector.setSecure(true);
    connector.setScheme("https");
    connector.setProperty("SSLEnabled", "true");
    connector.setProperty("maxKeepAliveRequests", "-1");
    connector.addSslHostConfig(host);
    tomcat.setConnector(connector);
    Context context = tomcat.addContext("", null);
    Tomcat.addServlet(
        context,
        "ok",
        new HttpServlet() {
          @Override
          protected void doGet(HttpServletRequest request, HttpServletResponse response)
              throws IOException {
            response.getWriter().write("ok");
          }
        });
    context.addServletMappingDecoded("/*", "ok");
    tomcat.start();
    App.serve(command -> String.valueOf(connector.getLocalPort()));
  }
}
