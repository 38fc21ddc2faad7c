export const openApi = (_: object) => ({ openapi: '3.1.0' })
