using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;

namespace Fulcrum.Report.Html;

/// <summary>How far the models' predictions on neutral text moved.</summary>
internal static class NeutralTextSection
{
    public static Markup Of(RunReport report) =>
        Markup.Join(NeutralTexts.Of(report).Select(line => Markup.Of($"<p>{line}</p>\n")));
}
