using System.CommandLine;
using Fulcrum.Comparisons;
using Fulcrum.Files;
using Fulcrum.Report.Junit;
using Fulcrum.Runs;
using Fulcrum.Studies;

namespace Fulcrum.Cli;

/// <summary>The options of a finished run for other programs: requirements, test results, logs.</summary>
internal sealed class ResultOptions
{
    private readonly Option<string?> require = new("--require")
    {
        Description =
            "End with exit code 3 unless the nearer bounds of the 95% intervals hold, in percentage points: "
            + "\"spider>=+5,mmlu>=-1\".",
    };
    private readonly Option<string?> junit = new("--junit")
    {
        Description =
            "Write a JUnit XML file: a test case for each target, for each general task's margin and for each "
            + "requirement.",
    };
    private readonly Option<string?> harness = new("--harness-results")
    {
        Description = "A folder for the same answers in the form of lm-evaluation-harness.",
    };

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb) =>
        new Option[] { require, junit, harness }
            .ToList()
            .ForEach(verb.Add);

    /// <summary>Returns what <c>--require</c> demands; null: nothing.</summary>
    /// <exception cref="InputException">The text is no list of requirements.</exception>
    public Requirements? Required(ParseResult parsed) =>
        parsed.GetValue(require) is { } text ? Requirements.Parse(text) : null;

    /// <summary>Returns the requirements as they were given; null: none.</summary>
    public string? Named(ParseResult parsed) => parsed.GetValue(require);

    /// <summary>Returns whether a finished run is asked for anything.</summary>
    public bool AreGiven(ParseResult parsed) =>
        new[] { require, junit, harness }.Any(o => parsed.GetValue(o) is not null);

    /// <summary>Writes the files that were asked for, then checks the requirements.</summary>
    /// <exception cref="InputException">A requirement names a task that the run does not have.</exception>
    /// <exception cref="GuardException">A requirement is not met.</exception>
    public void Finish(Comparison comparison, RunLayout run, ParseResult parsed)
    {
        Requirements? required = Required(parsed);
        required?.CheckNames([.. comparison.Candidates[0].Tasks.Select(t => t.Task)]);
        if (parsed.GetValue(junit) is { } file)
        {
            AtomicFile.WriteText(file, JunitXml.Of(StudyFile.ReadFile(run.Study).Title, comparison, required));
        }

        if (parsed.GetValue(harness) is { } folder)
        {
            HarnessExport.Write(run, comparison, folder, TimeProvider.System.GetUtcNow());
        }

        required?.Check(comparison);
        foreach (string doubt in required?.Doubts(comparison) ?? [])
        {
            Notices.Warn(doubt);
        }
    }
}
