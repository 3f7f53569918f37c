using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Report.Content;

/// <summary>What the clusters and groups of a task are called, in the report's language.</summary>
internal static class Kinds
{
    public static string Cluster(RunReport report, string task) => Say(report, Nouns(report, task).Cluster);

    public static string Group(RunReport report, string task) => Say(report, Nouns(report, task).Group);

    /// <summary>What a cluster of a task is called, in both languages.</summary>
    public static (string English, string Portuguese) ClusterNoun(RunReport report, string task) =>
        Nouns(report, task).Cluster;

    /// <summary>What a cluster of a study's task is called, in both languages.</summary>
    /// <param name="study">Null: no study says.</param>
    public static (string English, string Portuguese) ClusterNoun(Study? study, string task) =>
        Nouns(study, task).Cluster;

    private static string Say(RunReport report, (string English, string Portuguese) noun) =>
        report.Words.Say(noun.English, noun.Portuguese);

    private static TaskNouns Nouns(RunReport report, string task) => Nouns(report.Study, task);

    private static TaskNouns Nouns(Study? study, string task) =>
        study?.NamedTasks.FirstOrDefault(b => b.Name == task)?.Nouns() ?? TaskNouns.Plain;
}
