using System.Text.Json;
using Fulcrum.Files;

namespace Fulcrum.Studies;

/// <summary>The digest of a candidate's plan, by which a resumed run detects a change of the plan.</summary>
internal static class CandidateDigest
{
    /// <summary>Returns the digest of a plan without its paths. The contents at these paths have separate
    /// digests.</summary>
    public static string Of(CandidatePlan plan)
    {
        CandidatePlan placeless = plan.Located(_ => "") with
        {
            Replies = plan.Replies is null ? null : new Dictionary<string, string>(),
        };
        return Sha256.OfTexts(JsonSerializer.Serialize(placeless, StudyJson.Default.CandidatePlan));
    }
}
