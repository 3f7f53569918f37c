using Fulcrum.Comparisons;

namespace Fulcrum.Report.Content;

/// <summary>The guards of a run as rows of texts.</summary>
internal static class GuardTable
{
    /// <summary>What the table shows.</summary>
    public static string Explanation(Words words) =>
        words.Say(
            "Every guard that was evaluated. A guard that fails stops the study unless the study overrides it.",
            "Todas as verificações feitas. Uma que falha interrompe o estudo, a menos que o estudo a anule."
        );

    /// <summary>Which guards the study overrides; null: none.</summary>
    public static string? Overrides(RunReport report) =>
        report.Study.OverrideGuards is { Count: > 0 } names
            ? report.Words.Say("This study overrides: ", "Este estudo anula: ") + string.Join(", ", names)
            : null;

    /// <summary>The guards that did not pass first.</summary>
    public static GuardResult[] Ordered(IReadOnlyList<GuardResult> guards) =>
        [
            .. guards.OrderBy(g =>
                g.Status is not (GuardStatus.Failed or GuardStatus.Overridden or GuardStatus.NotChecked)
            ),
        ];

    /// <summary>The names of the columns.</summary>
    public static string[] Heads(Words words) =>
        [
            words.Say("guard", "verificação"),
            words.Say("stage", "etapa"),
            words.Say("task", "tarefa"),
            words.Say("outcome", "desfecho"),
            words.Say("finding", "constatação"),
        ];

    /// <summary>The row of a guard.</summary>
    public static string[] Row(GuardResult g, Words words) =>
        [g.Name, g.Stage, g.Benchmark ?? "", Status(g.Status, words), g.Message];

    /// <summary>The outcome in words, with a sign.</summary>
    public static string Status(GuardStatus status, Words words) =>
        status switch
        {
            GuardStatus.Passed => words.Say("✓ passed", "✓ passou"),
            GuardStatus.Failed => words.Say("✗ failed", "✗ falhou"),
            GuardStatus.Overridden => words.Say("! failed, overridden", "! falhou, anulada"),
            GuardStatus.NotChecked => words.Say("? not checked", "? não verificado"),
            _ => words.Say("– not applicable", "– não se aplica"),
        };
}
