using Fulcrum.Studies;

namespace Fulcrum.Report.Html;

/// <summary>What a benchmark's clusters and groups are called.</summary>
internal static class Kinds
{
    public static string Cluster(RunReport report, string benchmark) =>
        Plan(report, benchmark) switch
        {
            SpiderPlan => report.Words.Say("database", "banco de dados"),
            MmluPlan => report.Words.Say("subject", "disciplina"),
            _ => report.Words.Say("cluster", "agrupamento"),
        };

    public static string Group(RunReport report, string benchmark) =>
        Plan(report, benchmark) switch
        {
            SpiderPlan => report.Words.Say("hardness", "dificuldade"),
            MmluPlan => report.Words.Say("category", "categoria"),
            _ => report.Words.Say("group", "grupo"),
        };

    private static BenchmarkPlan? Plan(RunReport report, string benchmark) =>
        report.Study.Benchmarks.FirstOrDefault(b => b.Name == benchmark);
}
