using System.Reflection;
using Fulcrum.Runs;
using Fulcrum.Tokenization;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>The table of <c>docs/architecture.md</c>, held against the compiled types.</summary>
public sealed class LayerTests
{
    // From low to high: a folder may use those before it.
    private static readonly string[] Order =
    [
        "Statistics",
        "Sandbox",
        "Data",
        "Models",
        "Observability",
        "Tasks",
        "Studies",
        "Comparisons",
        "Tracing",
        "Guards",
        "Runs",
        "Jobs",
    ];

    [Fact]
    public void Folders_use_only_folders_below_them()
    {
        string[] upward =
        [
            .. from type in typeof(Experiment).Assembly.GetTypes()
            let folder = FolderOf(type)
            where folder is not null
            from used in FolderGraph.UsedBy(type).Select(FolderOf).OfType<string>().Distinct()
            where Array.IndexOf(Order, used) > Array.IndexOf(Order, folder)
            select $"{folder} → {used} ({type})",
        ];

        Assert.Empty(upward);
    }

    [Fact]
    public void Every_folder_is_in_the_order()
    {
        string[] unknown =
        [
            .. typeof(Experiment)
                .Assembly.GetTypes()
                .Select(FolderOf)
                .OfType<string>()
                .Distinct()
                .Where(f => !Order.Contains(f)),
        ];

        Assert.Empty(unknown);
    }

    [Fact]
    public void Projects_use_only_projects_below_them()
    {
        Assert.Equal("", Projects(typeof(Tokenizer).Assembly));
        Assert.Equal("Fulcrum.Text", Projects(typeof(Experiment).Assembly));
        Assert.Equal("Fulcrum Fulcrum.Text", Projects(typeof(Report.ReportFiles).Assembly));
    }

    [Fact]
    public void Folders_of_text_and_report_form_no_circle()
    {
        Assert.Equal("", FolderGraph.Circle(typeof(Tokenizer).Assembly, "Fulcrum"));
        Assert.Equal("", FolderGraph.Circle(typeof(Report.ReportFiles).Assembly, "Fulcrum.Report"));
    }

    private static string Projects(Assembly assembly) =>
        string.Join(
            ' ',
            assembly
                .GetReferencedAssemblies()
                .Select(a => a.Name!)
                .Where(n => n.StartsWith("Fulcrum", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
        );

    private static string? FolderOf(Type type) =>
        type.Assembly == typeof(Experiment).Assembly && type.Namespace?.Split('.') is ["Fulcrum", var folder, ..]
            ? folder
            : null;
}
