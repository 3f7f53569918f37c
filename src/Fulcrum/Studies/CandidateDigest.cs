using System.Text.Json;
using Fulcrum.Files;

namespace Fulcrum.Studies;

/// <summary>The digest of a candidate's plan, by which a change of it is noticed.</summary>
internal static class CandidateDigest
{
    /// <summary>Returns the digest of a plan. Paths do not belong to it: the contents of what they name have digests of
    /// their own.</summary>
    public static string Of(CandidatePlan plan)
    {
        CandidatePlan placeless = plan.Located(_ => "") with
        {
            Replies = plan.Replies is null ? null : new Dictionary<string, string>(),
        };
        return Sha256.OfTexts(JsonSerializer.Serialize(placeless, StudyJson.Default.CandidatePlan));
    }
}
