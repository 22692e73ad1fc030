package io.github.remocap.report;

import java.util.List;

/**
 * A page about a piece of work. {@link ReportPage} writes it.
 *
 * @param title its heading
 * @param summary a few sentences under the heading; may be empty
 * @param sections in the order shown
 */
public record Report(String title, String summary, List<Section> sections) {
    public Report {
        sections = List.copyOf(sections);
    }
}
