using Fulcrum.Files;
using Fulcrum.Report.Content;
using Fulcrum.Report.Csv;
using Fulcrum.Report.Html;
using Fulcrum.Report.Markdown;
using Fulcrum.Report.ModelCard;
using Fulcrum.Report.Plots;
using Fulcrum.Report.Tex;
using Fulcrum.Runs;

namespace Fulcrum.Report;

/// <summary>Every form of the report, written into the run folder.</summary>
public static class ReportFiles
{
    /// <summary>Writes the report in every form.</summary>
    /// <returns>The files written, relative to the folder.</returns>
    /// <exception cref="InputException">A file of the run is missing or damaged, or the folder cannot be
    /// written.</exception>
    public static IReadOnlyList<string> Write(string runFolder, string language = "en")
    {
        RunReport report = RunReport.Read(runFolder, language);
        (string Name, Func<RunReport, string> Print)[] forms =
        [
            ("report.html", Page.Print),
            ("report.md", ReportMarkdown.Of),
            ("results.csv", r => ResultsCsv.Of(r.Comparison)),
            ("report.tex", ReportTex.Of),
        ];
        foreach ((string name, Func<RunReport, string> print) in forms)
        {
            AtomicFile.WriteText(Path.Combine(runFolder, name), print(report));
        }

        List<string> written = [.. forms.Select(f => f.Name)];
        foreach ((string name, byte[] png) in Pictures.Of(report))
        {
            AtomicFile.Write(Path.Combine(runFolder, "plots", name + ".png"), stream => stream.Write(png));
            written.Add($"plots/{name}.png");
        }

        written.AddRange(ModelCards.Write(report, new RunLayout(Path.GetFullPath(runFolder))));
        return written;
    }
}
