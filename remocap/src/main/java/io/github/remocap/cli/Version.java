package io.github.remocap.cli;

import picocli.CommandLine.IVersionProvider;

/** This program's version, from the jar's manifest. */
final class Version implements IVersionProvider {
    static String text() {
        String version = Main.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }

    @Override
    public String[] getVersion() {
        return new String[] {"remocap " + text() + ", Java " + Runtime.version()};
    }
}
