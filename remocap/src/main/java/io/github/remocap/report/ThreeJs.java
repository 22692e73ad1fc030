package io.github.remocap.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Properties;

/**
 * three.js (MIT) from its WebJar. Browsers refuse to load a module from a {@code file:} address, so the modules go into the page as data:
 * addresses, and an import map gives them names. An address inside a data: address cannot be relative, hence the one name that is replaced.
 */
final class ThreeJs {
    private static final String PROPERTIES = "/META-INF/maven/org.webjars.npm/three/pom.properties";
    private static final String CORE = "./three.core.min.js";

    private ThreeJs() {
    }

    /** The version, as 0.181.1. */
    static String version() {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(read(PROPERTIES)));
        } catch (IOException e) {
            throw new IllegalStateException(PROPERTIES, e);
        }
        return properties.getProperty("version");
    }

    /** The element that gives the modules 'three' and 'three/addons/controls/OrbitControls.js' to the page's module scripts. */
    static String importMap() {
        String renderer = file("build/three.module.min.js");
        if (!renderer.contains(CORE)) {
            throw new IllegalStateException("three.js " + version() + " does not import " + CORE + ": its files are laid out differently");
        }
        return "<script type=\"importmap\">{\"imports\":{\n"
            + "\"three-core\":\"" + url(file("build/three.core.min.js")) + "\",\n"
            + "\"three\":\"" + url(renderer.replace(CORE, "three-core")) + "\",\n"
            + "\"three/addons/controls/OrbitControls.js\":\"" + url(file("examples/jsm/controls/OrbitControls.js")) + "\"}}</script>\n";
    }

    /** The licence, which goes with every copy. */
    static String licence() {
        return file("LICENSE");
    }

    private static String url(String module) {
        return "data:text/javascript;base64," + Base64.getEncoder().encodeToString(module.getBytes(StandardCharsets.UTF_8));
    }

    private static String file(String name) {
        return read("/META-INF/resources/webjars/three/" + version() + "/" + name);
    }

    private static String read(String resource) {
        try (InputStream in = ThreeJs.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("three.js is not on the class path: " + resource + " is missing");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(resource + " cannot be read", e);
        }
    }
}
