using System.Reflection;
using System.Xml.Linq;
using Fulcrum.Llama;
using Fulcrum.Report;
using Fulcrum.Runs;
using Fulcrum.Tokenization;
using Fulcrum.Torch;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>The public surface of the libraries: small, documented, and listed in <c>PublicAPI.Shipped.txt</c>.</summary>
public sealed class SurfaceTests
{
    private const int MostTypes = 125;

    private static readonly Assembly[] Libraries =
    [
        typeof(Tokenizer).Assembly,
        typeof(Experiment).Assembly,
        typeof(ReportFiles).Assembly,
        typeof(TorchEngine).Assembly,
        typeof(LlamaEngine).Assembly,
    ];

    private static Type[] Types => [.. Libraries.SelectMany(a => a.GetExportedTypes()).Where(t => !t.IsNested)];

    [Fact]
    public void Libraries_have_a_small_public_surface() => Assert.InRange(Types.Length, 1, MostTypes);

    [Fact]
    public void Every_public_type_has_a_summary()
    {
        string[] without =
        [
            .. Libraries.SelectMany(a =>
            {
                HashSet<string> documented =
                [
                    .. XDocument
                        .Load(Path.ChangeExtension(a.Location, ".xml"))
                        .Descendants("member")
                        .Where(m => !string.IsNullOrWhiteSpace(m.Element("summary")?.Value))
                        .Select(m => m.Attribute("name")!.Value),
                ];
                return a.GetExportedTypes()
                    .Where(t => !documented.Contains($"T:{t.FullName!.Replace('+', '.')}"))
                    .Select(t => t.FullName!);
            }),
        ];

        Assert.Empty(without);
    }

    [Fact]
    public void Every_public_type_is_listed()
    {
        string[] missing =
        [
            .. Types
                .Where(t =>
                    !File.ReadAllText(
                            Path.Combine(SharedData.Project, "src", t.Assembly.GetName().Name!, "PublicAPI.Shipped.txt")
                        )
                        .Contains(t.FullName!.Split('`')[0], StringComparison.Ordinal)
                )
                .Select(t => t.FullName!),
        ];

        Assert.Empty(missing);
    }

    [Theory]
    [InlineData("Fulcrum.Torch")]
    [InlineData("Fulcrum.Llama")]
    [InlineData("Fulcrum.Cli")]
    public void Folders_of_a_project_form_no_circle(string project) =>
        Assert.Equal("", FolderGraph.Circle(Assembly.Load(project), project));
}
