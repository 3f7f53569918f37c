using System.CommandLine;
using Fulcrum.Comparisons;
using Fulcrum.Report;
using Fulcrum.Report.Content;
using Fulcrum.Runs;

namespace Fulcrum.Cli.Commands;

/// <summary><c>fulcrum report</c></summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        Argument<string> run = new("RUN") { Description = "A run folder whose comparison is complete." };
        Option<string> language = new("--language") { Description = "en or pt-BR.", DefaultValueFactory = _ => "en" };
        language.AcceptOnlyFromAmong("en", "pt-BR");
        ResultOptions results = new();
        Command verb = new(
            "report",
            "Write the report of a run folder again: HTML, Markdown, CSV, LaTeX, pictures and model cards. "
                + "Needs no model."
        )
        {
            run,
            language,
        };
        results.AddTo(verb);
        verb.SetAction(parsed =>
        {
            string folder = parsed.GetRequiredValue(run);
            RunReport.RequireComparison(
                Directory.Exists(folder) ? folder : throw new InputException($"there is no run folder {folder}")
            );
            using RunLock held = RunLock.Open(folder);
            foreach (string file in ReportFiles.Write(held.Layout.Root, parsed.GetRequiredValue(language)))
            {
                Console.Out.WriteLine(held.Layout.At(file));
            }

            results.Finish(ComparisonJson.Read(held.Layout.Comparison), held.Layout, parsed);
        });
        return verb;
    }
}
