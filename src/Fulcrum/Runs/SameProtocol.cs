using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>The guard that base and candidates were asked alike.</summary>
internal static class SameProtocol
{
    /// <summary>Compares the protocols of one task. A candidate whose replies were given has none.</summary>
    public static void Check(GuardLog log, Study study, RunLayout run, string task)
    {
        string[] given = [.. study.Candidates.Where(c => c.Value.Replies is not null).Select(c => c.Key)],
            asked = [.. study.Candidates.Keys.Except(given)];
        string unknown =
            given.Length == 0
                ? ""
                : $"The replies of {string.Join(", ", given)} were given, so nothing shows how they were asked for";
        if (asked.Length == 0)
        {
            log.NotChecked(GuardNames.SameProtocol, task, unknown);
            return;
        }

        string[] differing =
        [
            .. asked.SelectMany(name =>
                StudyComparison
                    .ProtocolDifferences(study, run, name, task)
                    .Select(d => study.Candidates.Count == 1 ? $"{d}" : $"{name}, {d}")
            ),
        ];
        string seen =
            differing.Length > 0
                ? $"{task} was asked differently of the base and of a candidate ({string.Join("; ", differing)})"
            : given.Length == 0 ? $"{task} was asked alike of the base and of every candidate"
            : $"{task} was asked alike of the base and of {string.Join(", ", asked)}";
        string[] notes = [.. new[] { seen, Templates(run, asked, task), unknown }.Where(n => n.Length > 0)];
        log.Report(GuardNames.SameProtocol, task, differing.Length == 0, string.Join(". ", notes));
    }

    private static string Templates(RunLayout run, string[] asked, string task)
    {
        string[] served =
        [
            .. asked.Where(n =>
                Protocol.Read(run.Protocol(RunLayout.Candidate(n), task)).GetValueOrDefault("template")
                == PromptEncoding.ServersTemplate
            ),
        ];
        return served.Length == 0
            ? ""
            : $"The server of {string.Join(", ", served)} applies its own chat template, which was not compared";
    }
}
